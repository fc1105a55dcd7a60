/// What the origin says to one request, as a value.
struct ScriptedAnswer: Sendable {
  var status: Int
  var fields: [Field]
  var body: Body

  /// A body, and how it is sent.
  enum Body: Sendable {
    /// Of known length.
    case bytes([UInt8])
    /// Of unknown length, in steps.
    case stream([Step])
  }

  /// A step of a body of unknown length.
  enum Step: Sendable {
    case bytes([UInt8])
    /// Goes on when the gate is open.
    case wait(Gate)
    /// Breaks off.
    case fail
  }

  init(_ status: Int = 200, fields: [Field] = [], body: Body) {
    self.status = status
    self.fields = fields
    self.body = body
  }

  init(_ status: Int = 200, fields: [Field] = [], _ text: String = "") {
    self.init(status, fields: fields, body: .bytes(Array(text.utf8)))
  }
}
