/// A request that reached the origin: one line of its ledger.
struct OriginCall: Sendable {
  /// Which call it is, from 1.
  let number: Int
  /// Which call with this key it is, from 1.
  let numberOfKey: Int
  let method: String
  /// Path and query as they arrived.
  let target: String
  let fields: [Field]
  let body: [UInt8]
  /// What came behind a body in chunks.
  let trailers: [Field]

  /// The value of the first field of this name.
  subscript(name: String) -> String? {
    fields.first { $0.name.lowercased() == name.lowercased() }?.value
  }

  /// The key as it was forwarded.
  var key: String? { self["Idempotency-Key"] }

  /// The fencing number.
  var attempt: String? { self["Idempotency-Attempt"] }

  var text: String { String(decoding: body, as: UTF8.self) }
}
