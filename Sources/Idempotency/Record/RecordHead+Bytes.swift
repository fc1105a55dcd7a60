public import NIOCore

extension RecordHead {
  /// Where each field of the head begins, frozen: scripts and other languages read by these numbers.
  enum Offset {
    static let token = 1
    static let fingerprint = 33
    static let leaseDeadline = 65
    static let attempt = 78
    static let version = 82
    static let unknownOutcome = 83
    static let form = 84
  }

  /// The lease deadline's width: 13 digits reach into the year 2286.
  static let deadlineDigits = Offset.attempt - Offset.leaseDeadline
  /// The attempt's width.
  static let attemptDigits = Offset.version - Offset.attempt

  /// Appends the head's 85 bytes to `buffer`.
  ///
  /// It can always be read again: a deadline or attempt outside what its digits can write is cut to the nearest that they
  /// can.
  public func write(into buffer: inout ByteBuffer) {
    buffer.writeWithUnsafeMutableBytes(minimumWritableBytes: Self.byteCount) { target in
      target[0] = state.rawValue
      token.write(to: target, at: Offset.token)
      fingerprint.write(to: target, at: Offset.fingerprint)
      let deadline = min(max(leaseDeadline, 0), Self.maximumDeadline)
      Decimal.write(deadline, count: Self.deadlineDigits, to: target, at: Offset.leaseDeadline)
      let attempt = Int64(min(max(attempt, 0), Self.maximumAttempt))
      Decimal.write(attempt, count: Self.attemptDigits, to: target, at: Offset.attempt)
      target[Offset.version] = version
      target[Offset.unknownOutcome] = unknownOutcome.rawValue
      target[Offset.form] = form
      return Self.byteCount
    }
  }

  /// Reads the head of a record; nil if the bytes are too few or hold no valid head.
  ///
  /// A version or form that this library does not know is valid: state, token and lease are honoured all the same.
  public init?(bytes: ByteBuffer) {
    guard let head = bytes.withUnsafeReadableBytes({ RecordHead($0) }) else { return nil }
    self = head
  }

  private init?(_ bytes: UnsafeRawBufferPointer) {
    guard bytes.count >= Self.byteCount,
      let state = RecordState(rawValue: bytes[0]),
      let token = OwnerToken(bytes, at: Offset.token),
      let fingerprint = Fingerprint(bytes, at: Offset.fingerprint),
      let deadline = Decimal.read(bytes, at: Offset.leaseDeadline, count: Self.deadlineDigits),
      let attempt = Decimal.read(bytes, at: Offset.attempt, count: Self.attemptDigits),
      let unknownOutcome = UnknownOutcome(rawValue: bytes[Offset.unknownOutcome]),
      Self.isPrintable(bytes[Offset.version]), Self.isPrintable(bytes[Offset.form])
    else { return nil }
    self.init(
      state: state, token: token, fingerprint: fingerprint, leaseDeadline: deadline, attempt: 1,
      unknownOutcome: unknownOutcome)
    // As it stands there, 0 too, so that the head is written again as it was.
    self.attempt = Int(attempt)
    self.version = bytes[Offset.version]
    self.form = bytes[Offset.form]
  }

  /// Version and form are one visible ASCII character each, as the scripts test it (`[!-~]`).
  private static func isPrintable(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7F }
}
