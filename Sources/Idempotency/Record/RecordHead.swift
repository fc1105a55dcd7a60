/// The fixed-width ASCII head of a record: bytes 0 to 84, frozen in every later version.
///
/// A head can hold only what its digits can write: whatever is made can be read again.
public struct RecordHead: Sendable, Hashable {
  /// Where the key stands.
  public package(set) var state: RecordState
  /// Whose reservation it is.
  public package(set) var token: OwnerToken
  /// What the operation was asked to do.
  public package(set) var fingerprint: Fingerprint
  /// When the lease ends: Unix milliseconds by the store's clock, 0 to ``maximumDeadline``.
  public package(set) var leaseDeadline: Int64
  /// The fencing number: 1 for the first executor, one more for every later one, at most ``maximumAttempt``.
  ///
  /// 0 only in a head that somebody else wrote.
  public package(set) var attempt: Int
  /// The layout of what follows the head; this library writes and reads ``currentVersion``.
  public package(set) var version: UInt8
  /// What the reserver chose for an outcome that nobody knows.
  public package(set) var unknownOutcome: UnknownOutcome
  /// The form of what follows: `-` (0x2D) is plain.
  public package(set) var form: UInt8

  /// The head's length in bytes.
  public static let byteCount = 85
  /// The version this library writes: ASCII `1`.
  public static let currentVersion: UInt8 = 0x31
  /// The form this library writes: ASCII `-`, plain.
  public static let plain: UInt8 = 0x2D
  /// The highest attempt; a key that would need another becomes uncertain.
  public static let maximumAttempt = 9999
  /// The latest deadline, in Unix milliseconds: 13 digits, in the year 2286.
  public static var maximumDeadline: Int64 { 9_999_999_999_999 }

  /// Makes a head of the current version in plain form.
  ///
  /// - Parameters:
  ///   - state: Where the key stands.
  ///   - token: Whose reservation it is.
  ///   - fingerprint: What the operation was asked to do.
  ///   - leaseDeadline: When the lease ends, in Unix milliseconds by the store's clock; one outside 0 to
  ///     ``maximumDeadline`` counts as the nearest within.
  ///   - attempt: The fencing number; one outside 1 to ``maximumAttempt`` counts as the nearest within.
  ///   - unknownOutcome: What becomes of the key when nobody knows the outcome.
  public init(
    state: RecordState, token: OwnerToken, fingerprint: Fingerprint, leaseDeadline: Int64, attempt: Int,
    unknownOutcome: UnknownOutcome
  ) {
    self.state = state
    self.token = token
    self.fingerprint = fingerprint
    self.leaseDeadline = min(max(leaseDeadline, 0), Self.maximumDeadline)
    self.attempt = min(max(attempt, 1), Self.maximumAttempt)
    self.version = Self.currentVersion
    self.unknownOutcome = unknownOutcome
    self.form = Self.plain
  }
}
