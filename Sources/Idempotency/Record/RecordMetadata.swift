/// The line of JSON between a record's head and its body.
///
/// It can hold only what can be written and read again.
public struct RecordMetadata: Sendable, Hashable {
  /// `w`: the worker that reserved the key.
  public package(set) var worker: String
  /// `a`: when the key was reserved, Unix milliseconds by the store's clock, one of ``times``.
  public package(set) var created: Int64
  /// `c`: when the operation was completed, Unix milliseconds by the store's clock, one of ``times``.
  public package(set) var completed: Int64?
  /// `s`: the answer's status, one of ``StoredAnswer/statuses``.
  public package(set) var status: Int?
  /// `h`: the answer's fields in order.
  ///
  /// Bytes 80 to FF of a value stand as U+0080 to U+00FF.
  public package(set) var fields: [Field]
  /// `o`: how long the origin may be silent, in milliseconds, one of ``times``.
  public package(set) var originTimeout: Int64?
  /// `l`: how long a late answer is waited for, in milliseconds, one of ``times``.
  public package(set) var lateAnswer: Int64?

  /// What a number of milliseconds may be, 13 digits as in the head: no sum of a few of them overflows.
  ///
  /// One outside counts as the nearest within, wherever it comes from.
  public static var times: ClosedRange<Int64> { 0...RecordHead.maximumDeadline }

  /// One field of a stored answer.
  public struct Field: Sendable, Hashable {
    /// The field's name, as the origin spelled it.
    public var name: String
    /// The field's value; each scalar up to U+00FF stands for one byte.
    public var value: String

    /// Makes a field of its name and value.
    public init(name: String, value: String) {
      self.name = name
      self.value = value
    }

    /// Whether it can be written into a message as it is, and so be read again.
    var isOneLine: Bool { FieldGrammar.isToken(name) && FieldGrammar.isOneLine(value) }
  }

  /// Makes the metadata of a reservation; completion adds the rest.
  ///
  /// - Parameters:
  ///   - worker: The worker that reserved the key.
  ///   - created: When it did, Unix milliseconds by the store's clock; as all times, one outside ``times`` counts as the
  ///     nearest within.
  ///   - completed: When the operation was completed, likewise.
  ///   - status: The answer's status; one outside ``StoredAnswer/statuses`` counts as ``StoredAnswer/invalidStatus``.
  ///   - fields: The answer's fields in order; one that cannot be written into a message as it is is left out.
  ///   - originTimeout: How long the origin may be silent, in milliseconds.
  ///   - lateAnswer: How long a late answer is waited for, in milliseconds.
  public init(
    worker: String, created: Int64, completed: Int64? = nil, status: Int? = nil, fields: [Field] = [],
    originTimeout: Int64? = nil, lateAnswer: Int64? = nil
  ) {
    self.worker = worker
    self.created = Self.time(created)
    self.completed = completed.map(Self.time)
    self.status = status.map(StoredAnswer.validStatus)
    self.fields = Self.oneLineEach(fields)
    self.originTimeout = originTimeout.map(Self.time)
    self.lateAnswer = lateAnswer.map(Self.time)
  }

  /// Those of the fields that can be read again.
  static func oneLineEach(_ fields: [Field]) -> [Field] {
    fields.allSatisfy(\.isOneLine) ? fields : fields.filter(\.isOneLine)
  }

  /// The nearest time that can be written.
  static func time(_ milliseconds: Int64) -> Int64 {
    min(max(milliseconds, times.lowerBound), times.upperBound)
  }
}
