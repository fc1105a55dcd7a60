import Testing

/// What DESIGN.md's table says of each problem; written out again here, so that a change of one is seen.
struct ExpectedProblem: Sendable {
  let name: String
  let status: Int
  let title: String
  let isRetryable: Bool
  let isNewKeySafe: Bool
  let label: String
  var hasRetryAfter = false

  static let all: [String: ExpectedProblem] = Dictionary(
    uniqueKeysWithValues: [
      .init("key-missing", 400, "Idempotency-Key is missing", retryable: false, newKey: true, "rejected"),
      .init("key-malformed", 400, "Idempotency-Key is malformed", retryable: false, newKey: true, "rejected"),
      .init("request-malformed", 400, "Request body is not valid JSON", retryable: false, newKey: true, "rejected"),
      .init("path-ambiguous", 400, "Request path is ambiguous", retryable: false, newKey: true, "rejected"),
      .init("host-ambiguous", 400, "Request host is ambiguous", retryable: false, newKey: true, "rejected"),
      .init("key-unexpected", 400, "Idempotency-Key is not accepted here", retryable: false, newKey: true, "rejected"),
      .init("principal-missing", 401, "Caller is not identified", retryable: false, newKey: false, "rejected"),
      .init(
        "request-too-large", 413, "Request is too large to be fingerprinted", retryable: false, newKey: false,
        "rejected"),
      .init("key-reused", 422, "Idempotency-Key is already used", retryable: false, newKey: false, "mismatch"),
      .init(
        "in-progress", 409, "A request is outstanding for this Idempotency-Key", retryable: true, newKey: false,
        "in-progress", retryAfter: true),
      .init(
        "outcome-uncertain", 409, "The outcome of this operation is not known", retryable: true, newKey: false,
        "uncertain"),
      .init(
        "response-not-retained", 409, "The operation is done and its response was not retained", retryable: false,
        newKey: false, "not-retained"),
      .init(
        "record-unreadable", 500, "The stored record cannot be read", retryable: false, newKey: false, "failed"),
      .init(
        "outcome-lost", 500, "The executor was lost; the outcome is not known", retryable: false, newKey: false,
        "replayed"),
      .init(
        "record-too-new", 503, "The stored record needs a newer version", retryable: true, newKey: false, "failed",
        retryAfter: true),
      .init(
        "not-ready", 503, "This node is not accepting requests", retryable: true, newKey: false, "failed",
        retryAfter: true),
      .init(
        "origin-unreachable", 502, "The origin was not reached; this request was not executed", retryable: true,
        newKey: true, "released", retryAfter: true),
      .init(
        "store-unavailable", 503, "The idempotency store is unavailable; this request was not executed",
        retryable: true, newKey: false, "failed", retryAfter: true),
      .init(
        "origin-timeout", 504, "The origin gave no whole answer; the outcome is not known", retryable: true,
        newKey: false, "uncertain"),
      .init(
        "origin-failed", 502, "The origin gave no whole answer; the outcome is not known", retryable: true,
        newKey: false, "uncertain"),
    ].map { ($0.name, $0) })

  private init(
    _ name: String, _ status: Int, _ title: String, retryable: Bool, newKey: Bool, _ label: String,
    retryAfter: Bool = false
  ) {
    self.name = name
    self.status = status
    self.title = title
    self.isRetryable = retryable
    self.isNewKeySafe = newKey
    self.label = label
    self.hasRetryAfter = retryAfter
  }
}

/// Expects an answer to be this problem, complete in every member and field (rule E12), and gives its members.
///
/// `status`, `retryable`, `newKey` (`safe_new_key`) and `label` (`Idempotency-Status`) are named where they are others
/// than the table's, as the policy or a stored document has them.
@discardableResult
func expect(
  _ reply: Reply, is name: String, status: Int? = nil, retryable: Bool? = nil, newKey: Bool? = nil,
  label: String? = nil, _ location: SourceLocation = #_sourceLocation
) throws -> [String: JSONValue] {
  let expected = try #require(ExpectedProblem.all[name], sourceLocation: location)
  #expect(reply.problem == name, "\(reply.status) \(reply.text)", sourceLocation: location)
  let json = try #require(try? reply.json, "\(reply.text)", sourceLocation: location)
  let isRetryable = retryable ?? expected.isRetryable
  #expect(reply.status == status ?? expected.status, sourceLocation: location)
  #expect(reply.values("Content-Type") == ["application/problem+json"], sourceLocation: location)
  #expect(reply.values("Content-Language") == ["en"], sourceLocation: location)
  #expect(reply.values("Cache-Control") == ["no-store"], sourceLocation: location)
  #expect(reply.label == label ?? expected.label, sourceLocation: location)
  #expect(json["type"] == .string("/.well-known/idempotency#" + name), sourceLocation: location)
  #expect(json["title"] == .string(expected.title), sourceLocation: location)
  #expect(json["status"] == .number(Double(status ?? expected.status)), sourceLocation: location)
  #expect(json["detail"]?.string?.isEmpty == false, sourceLocation: location)
  #expect(json["instance"]?.string?.hasPrefix("urn:uuid:") == true, sourceLocation: location)
  #expect(json["retryable"] == .bool(isRetryable), sourceLocation: location)
  #expect(json["safe_new_key"] == .bool(newKey ?? expected.isNewKeySafe), sourceLocation: location)
  if expected.hasRetryAfter && isRetryable {
    let seconds = reply.values("Retry-After").compactMap { Int($0) }
    #expect(seconds.count == 1 && seconds[0] >= 1, sourceLocation: location)
  } else {
    #expect(reply["Retry-After"] == nil, sourceLocation: location)
  }
  if name != "principal-missing" { #expect(reply["WWW-Authenticate"] == nil, sourceLocation: location) }
  return json
}
