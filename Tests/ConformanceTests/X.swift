import Testing
@testable import Harness

/// The failure rules.
///
/// One after the other, because each watches leases run on a machine that it must not overload.
@Suite("Failure", .eachKind, .serialized, .timeLimit(.minutes(10)))
enum X {}

/// The failure rules that are watched for longest, one after the other like the rest, and beside them.
@Suite("Failure, watched at length", .eachKind, .serialized, .timeLimit(.minutes(10)))
enum XAtLength {}
