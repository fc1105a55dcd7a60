/// Bytes that are not RESP2, or that go beyond ``RESPLimits``.
///
/// What follows them on the connection means nothing.
struct RESPViolation: Error, Equatable {
  /// What was wrong, without any of the bytes: they may hold a record.
  var message: String
}
