/// What the reserver chose for an outcome that nobody knows: byte 83 of the record.
///
/// The record's choice decides, not the configuration of whoever reads it later.
public enum UnknownOutcome: UInt8, Sendable, CaseIterable {
  /// `h`: the key becomes uncertain and stays so until a late answer or an operator settles it.
  case hold = 0x68
  /// `s`: an answer that says so is stored, and every retry gets it.
  case store = 0x73
  /// `x`: a retry executes again when the lease is over. A second effect becomes possible.
  case executeAgain = 0x78
}
