import Idempotency
import NIOCore

/// What a client of an unguarded route is told where the origin gave no answer, as by any gateway.
extension HTTPAnswer {
  /// The origin was not reached, or broke off before its answer began.
  static func gatewayError(_ failure: OriginFailure, ignoredKey: Bool) -> HTTPAnswer {
    switch failure {
    case .notReached:
      gateway(502, "Bad Gateway", "The origin was not reached; this request was not forwarded.", ignoredKey)
    case .lost:
      gateway(502, "Bad Gateway", "The origin gave no whole answer.", ignoredKey)
    }
  }

  /// The origin was silent for too long.
  static func gatewayTimeout(ignoredKey: Bool) -> HTTPAnswer {
    gateway(504, "Gateway Timeout", "The origin did not answer in time.", ignoredKey)
  }

  private static func gateway(_ status: Int, _ title: String, _ detail: String, _ ignoredKey: Bool) -> HTTPAnswer {
    var fields = [
      RecordMetadata.Field(name: "Content-Type", value: "application/problem+json"),
      RecordMetadata.Field(name: "Cache-Control", value: "no-store"),
    ]
    if ignoredKey { fields.append(.init(name: "Idempotency-Status", value: IdempotencyStatus.ignored.rawValue)) }
    let body = #"{"type":"about:blank","title":"\#(title)","status":\#(status),"detail":"\#(detail)"}"#
    return HTTPAnswer(status: status, fields: fields, body: .bytes(ByteBuffer(string: body)), label: nil)
  }
}
