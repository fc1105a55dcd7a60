import Idempotency
import NIOCore
import NIOHTTP1

/// How a request's body goes to the origin.
enum BodyFraming {
  case none
  case length(Int)
  case chunked
}

/// Who sent a request, as the origin is told.
struct ClientAddress {
  /// Its IP address; nil on a Unix socket.
  let ip: String?
  /// Its `Forwarded` and `X-Forwarded-*` fields are kept, and added to.
  let isTrusted: Bool
  /// `for=…;proto=…`, ready but for the host.
  let forwarded: String
  let scheme: String

  init(_ address: SocketAddress?, scheme: String, trusted: [AddressRange]) {
    let ip = address?.ipAddress
    self.ip = ip
    self.scheme = scheme
    isTrusted = ip.map { ip in trusted.contains { $0.contains(ip) } } ?? false
    // RFC 7239 section 6: an IPv6 address stands in brackets, and so in quotes.
    let node = ip.map { $0.contains(":") ? "\"[\($0)]\"" : $0 } ?? "unknown"
    forwarded = "for=\(node);proto=\(scheme)"
  }
}

extension NIOHTTP1.HTTPRequestHead {
  /// The head as the origin gets it: without what belongs to the client's connection, with what a proxy adds.
  ///
  /// - Parameters:
  ///   - client: Who sent it.
  ///   - framing: How the body follows.
  ///   - attempt: The fencing number; nil for a request that is not guarded.
  /// - Returns: The head to send.
  func forwarded(from client: ClientAddress, framing: BodyFraming, attempt: Int?) -> NIOHTTP1.HTTPRequestHead {
    var fields: [(String, String)] = []
    fields.reserveCapacity(headers.count + 8)
    let nominated = HopByHop.nominated(headers)
    // What earlier proxies said, in the order of their lines.
    var via: String?
    var forwardedFor: String?
    var forwarded: String?
    // In absolute form the target says which host is meant (RFC 9112 section 3.2.2).
    let authority = RequestCheck.authority(of: uri)
    var host = authority
    var isHostKnown = false
    var isSchemeKnown = false
    if let authority { fields.append(("Host", authority)) }
    for (name, value) in headers {
      if HopByHop.isConnectionField(name) { continue }
      switch name.utf8.count {
      case 3 where name.isField("via"):
        via = via.appending(value)
        continue
      case 4 where name.isField("host"):
        if authority != nil { continue }
        host = value
      case 9 where name.isField("forwarded"):
        if client.isTrusted { forwarded = forwarded.appending(value) }
        continue
      case 15... where name.isField("x-forwarded-for"):
        if client.isTrusted { forwardedFor = forwardedFor.appending(value) }
        continue
      case 15... where name.isField("idempotency-attempt"):
        continue
      case 13... where name.beginsField("x-forwarded-"):
        guard client.isTrusted else { continue }
        if name.isField("x-forwarded-host") { isHostKnown = true }
        if name.isField("x-forwarded-proto") { isSchemeKnown = true }
      default: break
      }
      if !nominated.isEmpty, nominated.contains(name.lowercased()) { continue }
      fields.append((name, value))
    }
    if let ip = client.ip { forwardedFor = forwardedFor.appending(ip) }
    if let forwardedFor { fields.append(("X-Forwarded-For", forwardedFor)) }
    if !isSchemeKnown { fields.append(("X-Forwarded-Proto", client.scheme)) }
    var element = client.forwarded
    if let host {
      if !isHostKnown { fields.append(("X-Forwarded-Host", host)) }
      element += ";host=\"" + host + "\""
    }
    fields.append(("Forwarded", forwarded.appending(element)))
    fields.append(("Via", via.appending(version.minor == 0 ? "1.0 idempotency" : "1.1 idempotency")))
    if let attempt { fields.append(("Idempotency-Attempt", String(attempt))) }
    switch framing {
    case .none: break
    case .length(let count): fields.append(("Content-Length", String(count)))
    case .chunked: fields.append(("Transfer-Encoding", "chunked"))
    }
    return NIOHTTP1.HTTPRequestHead(version: .http1_1, method: method, uri: uri, headers: HTTPHeaders(fields))
  }
}

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

extension String? {
  /// A list with one more member.
  fileprivate func appending(_ member: String) -> String {
    map { $0 + ", " + member } ?? member
  }
}
