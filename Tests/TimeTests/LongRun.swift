import Foundation

/// `scripts/test --long` sets it: then the properties are tried ten times as often, and in every zone.
let isLongRun = ProcessInfo.processInfo.environment["PRIKKE_LONG_TESTS"] != nil
