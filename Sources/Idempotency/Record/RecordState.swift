/// Where a key stands in its life: byte 0 of its record.
public enum RecordState: UInt8, Sendable, CaseIterable {
  /// `R`: an owner holds the key and its operation runs, or ran and was lost.
  case reserved = 0x52
  /// `C`: the operation is done and its answer stands in the record.
  case completed = 0x43
  /// `T`: the operation is done and its answer was not retained (a tombstone).
  case notRetained = 0x54
  /// `U`: nobody knows whether the operation had its effect.
  case uncertain = 0x55
  /// `F`: the key was released; only its attempt count lives on.
  case free = 0x46

  /// The operation is done, whether its answer was kept or not.
  package var isCompleted: Bool { self == .completed || self == .notRetained }
}
