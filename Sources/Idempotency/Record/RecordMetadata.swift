/// The line of JSON between a record's head and its body.
public struct RecordMetadata: Sendable, Hashable {
  /// `w`: the worker that reserved the key.
  public var worker: String
  /// `a`: when the key was reserved, Unix milliseconds by the store's clock.
  public var created: Int64
  /// `c`: when the operation was completed, Unix milliseconds by the store's clock.
  public var completed: Int64?
  /// `s`: the answer's status.
  public var status: Int?
  /// `h`: the answer's fields in order.
  ///
  /// Bytes 80 to FF of a value stand as U+0080 to U+00FF.
  public var fields: [Field]
  /// `o`: how long the origin may be silent, in milliseconds.
  public var originTimeout: Int64?
  /// `l`: how long a late answer is waited for, in milliseconds.
  public var lateAnswer: Int64?

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
  }

  /// Makes the metadata of a reservation; completion adds the rest.
  public init(
    worker: String, created: Int64, completed: Int64? = nil, status: Int? = nil, fields: [Field] = [],
    originTimeout: Int64? = nil, lateAnswer: Int64? = nil
  ) {
    self.worker = worker
    self.created = created
    self.completed = completed
    self.status = status
    self.fields = fields
    self.originTimeout = originTimeout
    self.lateAnswer = lateAnswer
  }
}
