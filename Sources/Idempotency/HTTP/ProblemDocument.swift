internal import NIOCore

/// One occurrence of a ``Problem``: an `application/problem+json` document (RFC 9457).
struct ProblemDocument {
  let problem: Problem
  var status: Int
  var detail: String
  var isRetryable: Bool
  var isNewKeySafe: Bool
  /// Members beside the standard ones, already JSON.
  var members: [(name: String, json: String)] = []
  /// Fields beside the standard ones.
  var fields: [RecordMetadata.Field] = []

  init(_ problem: Problem, detail: String, policy: UnknownOutcome = .hold) {
    self.problem = problem
    self.status = problem.status
    self.detail = detail
    self.isRetryable = problem.isRetryable
    self.isNewKeySafe = problem.isNewKeySafe(policy)
  }

  /// The document, with an `instance` of its own, so that an answer can be found again in the logs.
  func answer() -> StoredAnswer {
    var fields = fields
    fields.append(.init(name: "Content-Type", value: "application/problem+json"))
    fields.append(.init(name: "Content-Language", value: "en"))
    fields.append(.init(name: "Cache-Control", value: "no-store"))
    if let seconds = problem.retryAfter, isRetryable {
      fields.append(.init(name: "Retry-After", value: String(seconds)))
    }
    return StoredAnswer(status: status, fields: fields, body: ByteBuffer(string: json))
  }

  /// The answer to a caller.
  func httpAnswer() -> HTTPAnswer {
    HTTPAnswer(answer(), label: problem.label)
  }

  private var json: String {
    var text = #"{"type":"/.well-known/idempotency#"# + problem.rawValue + "\""
    text += ",\"title\":" + JSONText.string(problem.title)
    text += ",\"status\":\(status)"
    text += ",\"detail\":" + JSONText.string(detail)
    text += ",\"instance\":\"urn:uuid:\(OwnerToken.random().uuidText)\""
    text += ",\"retryable\":\(isRetryable),\"safe_new_key\":\(isNewKeySafe)"
    for member in members { text += ",\"\(member.name)\":" + member.json }
    return text + "}"
  }
}

extension OwnerToken {
  /// 122 of the bits as a version 4 UUID (RFC 9562).
  var uuidText: String {
    let versioned = (high & ~0xF000) | 0x4000
    let variant = (low & 0x3FFF_FFFF_FFFF_FFFF) | 0x8000_0000_0000_0000
    let hex = Self.hex(versioned) + Self.hex(variant)
    let cuts = [0, 8, 12, 16, 20, 32]
    return zip(cuts, cuts.dropFirst()).map { from, to in
      String(hex.dropFirst(from).prefix(to - from))
    }.joined(separator: "-")
  }

  private static func hex(_ bits: UInt64) -> String {
    let digits = String(bits, radix: 16)
    return String(repeating: "0", count: 16 - digits.count) + digits
  }
}
