// What Secrets needs of OpenSSL 3: digests, MACs, AEAD ciphers and the random generator.
#pragma once
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/params.h>
#include <openssl/rand.h>
