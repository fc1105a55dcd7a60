/// Why a store operation has no reply, and whether it may have been applied all the same.
public struct StoreFailure: Error, Sendable, Hashable, CustomStringConvertible {
  /// Whether the operation was applied.
  public enum Kind: Sendable, Hashable {
    /// It never left this process: not applied.
    case notSent
    /// The store refused it: not applied.
    case refused(Refusal)
    /// Sent, and no reply came: it may have been applied, or may yet be.
    case unknown
  }

  /// Why a store refuses to write.
  public enum Refusal: Sendable, Hashable {
    /// Redis is full (`OOM`).
    case full
    /// A replica, which takes no writes (`READONLY`).
    case readOnly
    /// Redis cannot persist (`MISCONF`).
    case misconfigured
    /// Too few replicas (`NOREPLICAS`).
    case noReplicas
    /// The store has just started or changed: workers put back first what it may have lost.
    case settling
    /// Any other error reply; the message has it.
    case other
  }

  /// Whether the operation was applied.
  public let kind: Kind
  /// What happened and what to do about it, for the log.
  public let message: String

  /// Makes a failure.
  public init(_ kind: Kind, _ message: String) {
    self.kind = kind
    self.message = message
  }

  /// The message.
  public var description: String { message }
}
