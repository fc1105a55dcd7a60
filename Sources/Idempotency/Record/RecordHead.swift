/// The fixed-width ASCII head of a record: bytes 0 to 84, frozen in every later version.
public struct RecordHead: Sendable, Hashable {
  /// Where the key stands.
  public var state: RecordState
  /// Whose reservation it is.
  public var token: OwnerToken
  /// What the operation was asked to do.
  public var fingerprint: Fingerprint
  /// When the lease ends: Unix milliseconds by the store's clock.
  public var leaseDeadline: Int64
  /// The fencing number: 1 for the first executor, one more for every later one, at most 9999.
  public var attempt: Int
  /// The layout of what follows the head; this library writes and reads ``currentVersion``.
  public var version: UInt8
  /// What the reserver chose for an outcome that nobody knows.
  public var unknownOutcome: UnknownOutcome
  /// The form of what follows: `-` (0x2D) is plain.
  public var form: UInt8

  /// The head's length in bytes.
  public static let byteCount = 85
  /// The version this library writes: ASCII `1`.
  public static let currentVersion: UInt8 = 0x31
  /// The form this library writes: ASCII `-`, plain.
  public static let plain: UInt8 = 0x2D
  /// The highest attempt; a key that would need another becomes uncertain.
  public static let maximumAttempt = 9999

  /// Makes a head of the current version in plain form.
  public init(
    state: RecordState, token: OwnerToken, fingerprint: Fingerprint, leaseDeadline: Int64, attempt: Int,
    unknownOutcome: UnknownOutcome
  ) {
    self.state = state
    self.token = token
    self.fingerprint = fingerprint
    self.leaseDeadline = leaseDeadline
    self.attempt = attempt
    self.version = Self.currentVersion
    self.unknownOutcome = unknownOutcome
    self.form = Self.plain
  }
}
