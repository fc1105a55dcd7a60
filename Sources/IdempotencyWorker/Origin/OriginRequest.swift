import Idempotency
import NIOCore

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

/// A request as the origin gets it: without what belongs to the client's connection, with what a proxy adds.
///
/// It is written straight into the bytes that are sent; no second head is made of it.
struct OriginRequest {
  /// As the client sent it.
  let head: RequestHead
  /// The fields that are not passed on, in lower case.
  let withheld: [String]
  /// Who sent it.
  let client: ClientAddress
  /// How the body follows.
  let framing: BodyFraming
  /// The fencing number; nil for a request that is not guarded.
  let attempt: Int?

  /// Writes the head, and the empty line behind it.
  func write(to writer: inout HeadWriter) {
    writer.requestLine(head.method, head.target)
    // In absolute form the target says which host is meant (RFC 9112 section 3.2.2).
    let authority = RequestCheck.authority(of: head.target)
    if let authority { writer.field("Host", authority) }
    var said = EarlierProxies()
    writeFields(to: &writer, isHostKnown: authority != nil, &said)
    writeOwnFields(to: &writer, host: authority ?? said.host, said)
    writer.end()
  }

  /// What of the client's fields is passed on.
  private func writeFields(to writer: inout HeadWriter, isHostKnown: Bool, _ said: inout EarlierProxies) {
    let fields = head.fields
    for line in fields.lines {
      switch line.known {
      case _ where line.known.isAboutConnection: continue
      case .via:
        said.via = said.via.appending(fields.value(line))
        continue
      case .host:
        said.host = fields.value(line)
        if isHostKnown { continue }
      case .forwarded:
        if client.isTrusted { said.add(forwarded: fields.value(line)) }
        continue
      case .forwardedFor:
        if client.isTrusted { said.forwardedFor = said.forwardedFor.appending(fields.value(line)) }
        continue
      case .layer where fields.isNamed(line, FieldName.attempt): continue
      case .alias: continue
      case .forwardedHost, .forwardedProto, .forwardedOther:
        guard client.isTrusted else { continue }
        if line.known == .forwardedHost { said.forwardedHost = said.forwardedHost ?? fields.value(line) }
        if line.known == .forwardedProto { said.forwardedScheme = said.forwardedScheme ?? fields.value(line) }
      default: break
      }
      if fields.isNamed(line, oneOf: withheld) { continue }
      writer.field(line, of: fields)
    }
  }

  /// What this proxy says about the request, behind what earlier ones said.
  private func writeOwnFields(to writer: inout HeadWriter, host: String?, _ said: EarlierProxies) {
    if let ip = client.ip {
      writer.field("X-Forwarded-For", said.forwardedFor.appending(ip))
    } else if let forwardedFor = said.forwardedFor {
      writer.field("X-Forwarded-For", forwardedFor)
    }
    if said.forwardedScheme == nil { writer.field("X-Forwarded-Proto", client.scheme) }
    if let host, said.forwardedHost == nil { writer.field("X-Forwarded-Host", host) }
    writer.begin("Forwarded")
    if let forwarded = said.forwardedList {
      writer.text(forwarded)
      writer.text(", ")
    }
    writer.text(client.forwarded)
    if let host {
      writer.text(";host=\"")
      writer.text(host)
      writer.text("\"")
    }
    writer.endLine()
    writer.field("Via", said.via.appending(head.minorVersion == 0 ? "1.0 idempotency" : "1.1 idempotency"))
    if let attempt { writer.number("Idempotency-Attempt", attempt) }
    switch framing {
    case .none: break
    case .length(let count): writer.contentLength(count)
    case .chunked: writer.line("Transfer-Encoding: chunked")
    }
  }
}

/// What earlier proxies and the client said of a request's way, in the order of their lines.
private struct EarlierProxies {
  var via: String?
  var forwardedFor: String?
  var forwarded: String?
  var host: String?
  var forwardedHost: String?
  var forwardedScheme: String?
  /// A line of `Forwarded` was none: nothing of it is kept.
  private var isMalformed = false

  /// Adds a line of `Forwarded`.
  mutating func add(forwarded line: String) {
    if !ForwardedField.isList(line) { isMalformed = true }
    forwarded = forwarded.appending(line)
  }

  /// What this worker's own element is added to: what `Forwarded` says, else what `X-Forwarded-*` say.
  var forwardedList: String? {
    guard let forwarded, !isMalformed else {
      return ForwardedField.derived(addresses: forwardedFor, scheme: forwardedScheme, host: forwardedHost)
    }
    return forwarded
  }
}

extension String? {
  /// A list with one more member.
  fileprivate func appending(_ member: String) -> String {
    map { $0 + ", " + member } ?? member
  }
}
