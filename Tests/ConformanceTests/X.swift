import Testing

/// The failure rules.
///
/// One after the other, because each watches leases run on a machine that it must not overload.
@Suite("Failure", .serialized, .timeLimit(.minutes(2)))
enum X {}
