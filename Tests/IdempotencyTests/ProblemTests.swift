import NIOCore
import Testing

@testable import Idempotency

/// DESIGN's table of the layer's own errors (rule E12), row for row.
@Suite struct ProblemTests {
  struct Row: Sendable, CustomTestStringConvertible {
    let type: Problem
    let status: Int
    let title: String
    let label: IdempotencyStatus
    var retryable = false
    var retryAfter = false
    var safeUnder: Set<UnknownOutcome> = []

    var testDescription: String { type.rawValue }
  }

  static let always = Set(UnknownOutcome.allCases)
  static let rows: [Row] = [
    Row(type: .keyMissing, status: 400, title: "Idempotency-Key is missing", label: .rejected, safeUnder: always),
    Row(type: .keyMalformed, status: 400, title: "Idempotency-Key is malformed", label: .rejected, safeUnder: always),
    Row(
      type: .requestMalformed, status: 400, title: "Request body is not valid JSON", label: .rejected,
      safeUnder: always),
    Row(type: .pathAmbiguous, status: 400, title: "Request path is ambiguous", label: .rejected, safeUnder: always),
    Row(type: .hostAmbiguous, status: 400, title: "Request host is ambiguous", label: .rejected, safeUnder: always),
    Row(
      type: .keyUnexpected, status: 400, title: "Idempotency-Key is not accepted here", label: .rejected,
      safeUnder: always),
    Row(type: .principalMissing, status: 401, title: "Caller is not identified", label: .rejected),
    Row(type: .requestTooLarge, status: 413, title: "Request is too large to be fingerprinted", label: .rejected),
    Row(type: .keyReused, status: 422, title: "Idempotency-Key is already used", label: .mismatch),
    Row(
      type: .inProgress, status: 409, title: "A request is outstanding for this Idempotency-Key", label: .inProgress,
      retryable: true, retryAfter: true),
    Row(
      type: .outcomeUncertain, status: 409, title: "The outcome of this operation is not known", label: .uncertain,
      retryable: true),
    Row(
      type: .responseNotRetained, status: 409, title: "The operation is done and its response was not retained",
      label: .notRetained),
    Row(type: .recordUnreadable, status: 500, title: "The stored record cannot be read", label: .failed),
    Row(type: .outcomeLost, status: 500, title: "The executor was lost; the outcome is not known", label: .uncertain),
    Row(
      type: .recordTooNew, status: 503, title: "The stored record needs a newer version", label: .failed,
      retryable: true, retryAfter: true),
    Row(
      type: .notReady, status: 503, title: "This node is not accepting requests", label: .failed, retryable: true,
      retryAfter: true),
    Row(
      type: .originUnreachable, status: 502, title: "The origin was not reached; this request was not executed",
      label: .released, retryable: true, retryAfter: true, safeUnder: [.hold, .store]),
    Row(
      type: .storeUnavailable, status: 503,
      title: "The idempotency store is unavailable; this request was not executed", label: .failed, retryable: true,
      retryAfter: true),
    Row(
      type: .originTimeout, status: 504, title: "The origin gave no whole answer; the outcome is not known",
      label: .uncertain, retryable: true),
    Row(
      type: .originFailed, status: 502, title: "The origin gave no whole answer; the outcome is not known",
      label: .uncertain, retryable: true),
  ]

  @Test("The table is whole")
  func whole() {
    #expect(Set(Self.rows.map(\.type)) == Set(Problem.allCases))
  }

  @Test("Every row, in every policy (E12)", arguments: rows)
  func row(_ row: Row) {
    for policy in UnknownOutcome.allCases {
      let answer = ProblemDocument(row.type, detail: "Why \"it\" is\nso.", policy: policy).httpAnswer()
      #expect(answer.status == row.status)
      #expect(answer.label == row.label)
      #expect(answer.values("content-type") == ["application/problem+json"])
      #expect(answer.values("content-language") == ["en"])
      #expect(answer.values("cache-control") == ["no-store"])
      #expect(answer.values("retry-after") == (row.retryAfter ? ["1"] : []))
      let problem = answer.problem
      #expect(problem["type"] == "/.well-known/idempotency#\(row.type.rawValue)")
      #expect(problem["title"] == row.title)
      #expect(problem["status"] == "\(row.status)")
      #expect(problem["detail"] == "Why \"it\" is\nso.")
      #expect(problem["retryable"] == "\(row.retryable)")
      #expect(problem["safe_new_key"] == "\(row.safeUnder.contains(policy))")
    }
  }

  @Test("Every occurrence has an instance of its own, a version 4 UUID (E12)")
  func instance() throws {
    var seen: Set<String> = []
    for _ in 0..<200 {
      let document = ProblemDocument(.notReady, detail: "").httpAnswer()
      let instance = try #require(document.problem["instance"])
      #expect(instance.hasPrefix("urn:uuid:"))
      #expect(KeyFormat.uuidV4.canonical(String(instance.dropFirst("urn:uuid:".count))) != nil)
      seen.insert(instance)
    }
    #expect(seen.count == 200)
  }
}
