import Foundation

/// An answer as a caller sees it.
struct Reply: Sendable, Hashable {
  var status: Int
  var fields: [Field]
  var body: [UInt8]

  /// The value of the first field of this name, in any letter case.
  subscript(name: String) -> String? { values(name).first }

  /// The values of all fields of this name, in order.
  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  /// What `Idempotency-Status` says; all of it, should there be more than one.
  var label: String? {
    let values = values("Idempotency-Status")
    return values.isEmpty ? nil : values.joined(separator: " and ")
  }

  var isReplay: Bool { values("Idempotent-Replayed") == ["true"] }

  var text: String { String(decoding: body, as: UTF8.self) }

  /// The body as a JSON object.
  var json: [String: JSONValue] {
    get throws { try JSONDecoder().decode([String: JSONValue].self, from: Data(body)) }
  }

  /// The name of the problem that this answer describes: what follows `#` in `type`; nil if it describes none.
  var problem: String? {
    guard self["Content-Type"] == "application/problem+json", case .string(let type)? = try? json["type"] else {
      return nil
    }
    return type.split(separator: "#").last.map(String.init)
  }

  /// Every field that says something about this layer.
  var layerFields: [String] {
    fields.map { $0.name.lowercased() }.filter { $0.hasPrefix("idempotency-") || $0.hasPrefix("idempotent-") }
  }

  /// The fields that a replay must repeat: all but those that belong to one answer.
  var keptFields: [Field] {
    fields.filter {
      ![
        "date", "server", "content-length", "transfer-encoding", "connection", "idempotency-status",
        "idempotent-replayed",
      ]
      .contains($0.name.lowercased())
    }
  }
}

/// A JSON value, for documents of which a test looks at some members.
enum JSONValue: Sendable, Hashable, Decodable {
  case null
  case bool(Bool)
  case number(Double)
  case string(String)
  case array([JSONValue])
  case object([String: JSONValue])

  init(from decoder: any Decoder) throws {
    let container = try decoder.singleValueContainer()
    if container.decodeNil() {
      self = .null
    } else if let value = try? container.decode(Bool.self) {
      self = .bool(value)
    } else if let value = try? container.decode(Double.self) {
      self = .number(value)
    } else if let value = try? container.decode(String.self) {
      self = .string(value)
    } else if let value = try? container.decode([JSONValue].self) {
      self = .array(value)
    } else {
      self = .object(try container.decode([String: JSONValue].self))
    }
  }

  var string: String? { if case .string(let value) = self { value } else { nil } }
  var number: Double? { if case .number(let value) = self { value } else { nil } }
  var array: [JSONValue]? { if case .array(let value) = self { value } else { nil } }
  var object: [String: JSONValue]? { if case .object(let value) = self { value } else { nil } }
}
