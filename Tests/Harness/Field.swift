/// One field of a message, its value as bytes, because fields may hold any but controls.
struct Field: Sendable, Hashable, CustomStringConvertible {
  var name: String
  var bytes: [UInt8]

  init(_ name: String, _ value: String) {
    self.init(name, bytes: Array(value.utf8))
  }

  init(_ name: String, bytes: [UInt8]) {
    self.name = name
    self.bytes = bytes
  }

  var value: String { String(decoding: bytes, as: UTF8.self) }

  var description: String { "\(name): \(value)" }
}
