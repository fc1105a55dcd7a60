import Idempotency
import NIOHTTP1

extension NIOHTTP1.HTTPResponseHead {
  /// What makes an answer unreadable though it can be parsed; nil where nothing does.
  var problem: String? {
    // 101 would be another protocol, which nobody asked for; other 1xx do not come here.
    if status.code < 200 { return "the origin's status is no answer: \(status.code)" }
    let codings = headers["transfer-encoding"]
    if codings.isEmpty { return nil }
    guard codings.count == 1, String(codings[0][...].trimmed).isField("chunked") else {
      return "the origin's answer has a transfer coding that is not understood"
    }
    return nil
  }

  /// The answer's fields as records hold them, without what belongs to the origin's connection.
  var layerFields: [RecordMetadata.Field] {
    let nominated = HopByHop.nominated(headers)
    var fields: [RecordMetadata.Field] = []
    fields.reserveCapacity(headers.count)
    for (name, value) in headers where !HopByHop.isConnectionField(name) {
      if !nominated.isEmpty, nominated.contains(name.lowercased()) { continue }
      fields.append(.init(name: name, value: value))
    }
    return fields
  }

  /// The length that the answer declares for its body.
  var contentLength: Int? { headers.contentLength }
}
