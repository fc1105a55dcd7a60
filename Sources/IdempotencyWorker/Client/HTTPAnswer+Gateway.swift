import Idempotency
import NIOCore

/// What this worker says about what is no guarded request, as any gateway would.
extension HTTPAnswer {
  /// A problem that has no type of its own (RFC 9457 section 4.2.1).
  ///
  /// - Parameters:
  ///   - status: The status, whose reason is the title.
  ///   - detail: A sentence that needs no escapes in JSON.
  init(problem status: Int, detail: String) {
    let title = ReasonPhrase.of(status)
    let body = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":"\#(detail)"}"#
    self.init(
      status: status,
      fields: [
        .init(name: "Content-Type", value: "application/problem+json"), .init(name: "Cache-Control", value: "no-store"),
      ],
      body: .bytes(ByteBuffer(string: body)), label: nil)
  }

  /// The origin was not reached, or broke off before its answer began.
  static func gatewayError(_ failure: OriginFailure, ignoredKey: Bool) -> HTTPAnswer {
    switch failure {
    case .notReached:
      gateway(502, "The origin was not reached; this request was not forwarded.", ignoredKey)
    case .lost:
      gateway(502, "The origin gave no whole answer.", ignoredKey)
    }
  }

  /// The origin was silent for too long.
  static func gatewayTimeout(ignoredKey: Bool) -> HTTPAnswer {
    gateway(504, "The origin did not answer in time.", ignoredKey)
  }

  private static func gateway(_ status: Int, _ detail: String, _ ignoredKey: Bool) -> HTTPAnswer {
    var answer = HTTPAnswer(problem: status, detail: detail)
    answer.label = ignoredKey ? .ignored : nil
    return answer
  }
}
