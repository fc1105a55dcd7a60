import Testing
@testable import Harness

/// The failure rules.
///
/// One after the other, because each watches leases run on a machine that it must not overload.
@Suite("Failure", .eachKind, .serialized, .timeLimit(.minutes(10)))
enum X {}
