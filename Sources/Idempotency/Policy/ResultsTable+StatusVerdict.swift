/// What an answer's status says about the operation.
public enum StatusVerdict: UInt8, Sendable, Hashable, CaseIterable {
  /// It is the operation's final answer: kept and replayed.
  case stored
  /// The origin says that it did nothing: the key is free again. An assumption about the origin.
  case released
  /// Nobody knows whether there was an effect: an unknown outcome.
  case uncertain
}
