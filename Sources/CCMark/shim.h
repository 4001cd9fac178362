// What Web needs of cmark-gfm: Markdown as HTML, with tables.
#pragma once
#include <cmark-gfm.h>
#include <cmark-gfm-core-extensions.h>
#include <cmark-gfm-extension_api.h>
