@testable import Harness

/// What comes over a wire, read as strictly as RFC 9112 has it and by nobody's parser but this one: what is not clean is
/// an error, so that a worker that lets something pass is noticed.
///
/// By hand: NIOHTTP1, which the worker uses itself, must not be its own judge.
enum WireMessage {
  struct Head {
    let firstLine: String
    let fields: [Field]
    /// Its length with the empty line.
    let length: Int

    func values(_ name: String) -> [String] {
      fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
    }
  }

  enum Framing: Hashable, Sendable {
    case none
    case length(Int)
    case chunked
    /// The end of the connection is the end of the body.
    case untilClose
  }

  /// Reads a head; nil if it is not whole.
  static func head(_ bytes: ArraySlice<UInt8>) throws -> Head? {
    guard let end = bytes.firstIndex(of: [13, 10, 13, 10]) else { return nil }
    var lines = try lines(bytes[bytes.startIndex..<end + 2])
    let first = lines.removeFirst()
    return Head(
      firstLine: String(decoding: first, as: UTF8.self), fields: try lines.map(field),
      length: end + 4 - bytes.startIndex)
  }

  /// Which lines there are; each ends with CR LF, and neither of these is anywhere else.
  private static func lines(_ bytes: ArraySlice<UInt8>) throws -> [ArraySlice<UInt8>] {
    var lines: [ArraySlice<UInt8>] = []
    var rest = bytes
    while let end = rest.firstIndex(of: [13, 10]) {
      let line = rest[rest.startIndex..<end]
      guard !line.contains(where: { $0 == 13 || $0 == 10 || $0 == 0 }) else {
        throw WireError("a control byte in the line \(line.shown)")
      }
      lines.append(line)
      rest = rest[(end + 2)...]
    }
    return lines
  }

  private static func field(_ line: ArraySlice<UInt8>) throws -> Field {
    guard let colon = line.firstIndex(of: UInt8(ascii: ":")), colon > line.startIndex,
      line[..<colon].allSatisfy(isToken)
    else { throw WireError("no field: \(line.shown)") }
    var value = line[(colon + 1)...]
    while let first = value.first, first == 0x20 || first == 0x09 { value = value.dropFirst() }
    while let last = value.last, last == 0x20 || last == 0x09 { value = value.dropLast() }
    return Field(String(decoding: line[..<colon], as: UTF8.self), bytes: Array(value))
  }

  static func isToken(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
    default: "!#$%&'*+-.^_`|~".utf8.contains(byte)
    }
  }

  /// How a body is framed that is framed one way and no other.
  static func framing(_ head: Head) throws -> Framing? {
    let lengths = head.values("content-length")
    let codings = head.values("transfer-encoding")
    guard lengths.count + codings.count <= 1 else { throw WireError("framed more than once: \(head.fields)") }
    if let coding = codings.first {
      guard coding.lowercased() == "chunked" else { throw WireError("a transfer coding: \(coding)") }
      return .chunked
    }
    guard let text = lengths.first else { return nil }
    guard let length = Int(text), length >= 0, text.allSatisfy(\.isNumber) else { throw WireError("a length: \(text)") }
    return .length(length)
  }

  struct Body {
    var bytes: [UInt8] = []
    var trailers: [Field] = []
    var chunks = 0
    /// In the message, framing included.
    var length = 0
  }

  /// Reads a body with its framing; nil if it is not whole.
  static func body(_ bytes: ArraySlice<UInt8>, _ framing: Framing) throws -> Body? {
    switch framing {
    case .none, .untilClose: return Body()
    case .length(let length):
      guard bytes.count >= length else { return nil }
      return Body(bytes: Array(bytes.prefix(length)), length: length)
    case .chunked: return try chunked(bytes)
    }
  }

  private static func chunked(_ bytes: ArraySlice<UInt8>) throws -> Body? {
    var chunks: [ArraySlice<UInt8>] = []
    var rest = bytes
    while true {
      guard let end = rest.firstIndex(of: [13, 10]) else { return nil }
      let text = String(decoding: rest[..<end], as: UTF8.self)
      guard let size = Int(text, radix: 16), size >= 0, text.allSatisfy(\.isHexDigit) else {
        throw WireError("a chunk's size: \(text)")
      }
      rest = rest[(end + 2)...]
      if size == 0 { break }
      guard rest.count >= size + 2 else { return nil }
      chunks.append(rest.prefix(size))
      guard rest.dropFirst(size).prefix(2).elementsEqual([13, 10]) else { throw WireError("a chunk without its end") }
      rest = rest.dropFirst(size + 2)
    }
    var trailers: [Field] = []
    if rest.starts(with: [13, 10]) {
      rest = rest.dropFirst(2)
    } else {
      guard let end = rest.firstIndex(of: [13, 10, 13, 10]) else { return nil }
      trailers = try lines(rest[..<(end + 2)]).map(field)
      rest = rest[(end + 4)...]
    }
    return Body(
      bytes: chunks.flatMap { $0 }, trailers: trailers, chunks: chunks.count,
      length: rest.startIndex - bytes.startIndex)
  }
}

/// A request as the origin received it.
struct WireRequest: Sendable {
  let method: String
  let target: String
  let version: String
  let fields: [Field]
  let framing: WireMessage.Framing
  let body: [UInt8]
  let trailers: [Field]

  /// Reads a request; nil if it is not whole.
  /// - Throws: What is not clean about it.
  static func parse(_ bytes: ArraySlice<UInt8>) throws -> (WireRequest, Int)? {
    guard let head = try WireMessage.head(bytes) else { return nil }
    let words = head.firstLine.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, words[0].utf8.allSatisfy(WireMessage.isToken), !words[1].isEmpty,
      words[1].utf8.allSatisfy({ (0x21...0x7E).contains($0) }), words[2] == "HTTP/1.1"
    else { throw WireError("no request line: \(head.firstLine)") }
    let framing = try WireMessage.framing(head) ?? .none
    guard let body = try WireMessage.body(bytes.dropFirst(head.length), framing) else { return nil }
    let request = WireRequest(
      method: words[0], target: words[1], version: words[2], fields: head.fields, framing: framing, body: body.bytes,
      trailers: body.trailers)
    return (request, head.length + body.length)
  }

  subscript(name: String) -> String? { values(name).first }

  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  var text: String { String(decoding: body, as: UTF8.self) }
}

/// An answer as a client received it.
struct WireAnswer: Sendable {
  var version = ""
  var status = 0
  var fields: [Field] = []
  var framing = WireMessage.Framing.none
  var body: [UInt8] = []
  var trailers: [Field] = []
  /// The statuses of the interim answers before it.
  var interim: [Int] = []

  /// Reads a final answer and the interim ones before it; nil if it is not whole.
  static func parse(
    _ bytes: ArraySlice<UInt8>, toHead isHead: Bool, isEnded: Bool
  ) throws -> (WireAnswer, Int)? {
    guard let head = try WireMessage.head(bytes) else { return nil }
    let words = head.firstLine.split(separator: " ", maxSplits: 2, omittingEmptySubsequences: false).map(String.init)
    guard words.count == 3, words[0] == "HTTP/1.1", let status = Int(words[1]), words[1].count == 3 else {
      throw WireError("no status line: \(head.firstLine)")
    }
    let rest = bytes.dropFirst(head.length)
    if status < 200 {
      guard let (final, length) = try parse(rest, toHead: isHead, isEnded: isEnded) else { return nil }
      var answer = final
      answer.interim.insert(status, at: 0)
      return (answer, head.length + length)
    }
    var answer = WireAnswer(version: words[0], status: status, fields: head.fields)
    answer.framing = try WireMessage.framing(head) ?? .untilClose
    if isHead || status == 204 || status == 304 { return (answer, head.length) }
    if answer.framing == .untilClose {
      guard isEnded else { return nil }
      answer.body = Array(rest)
      return (answer, bytes.count)
    }
    guard let body = try WireMessage.body(rest, answer.framing) else { return nil }
    answer.body = body.bytes
    answer.trailers = body.trailers
    return (answer, head.length + body.length)
  }

  subscript(name: String) -> String? { values(name).first }

  func values(_ name: String) -> [String] {
    fields.filter { $0.name.lowercased() == name.lowercased() }.map(\.value)
  }

  /// What `Idempotency-Status` says.
  var label: String? { self["Idempotency-Status"] }

  var text: String { String(decoding: body, as: UTF8.self) }
}

extension ArraySlice<UInt8> {
  /// Where a sequence of bytes begins.
  func firstIndex(of sought: [UInt8]) -> Int? {
    withUnsafeBufferPointer { bytes in
      guard bytes.count >= sought.count else { return nil }
      for index in 0...(bytes.count - sought.count)
      where bytes[index] == sought[0] && bytes[index..<index + sought.count].elementsEqual(sought) {
        return startIndex + index
      }
      return nil
    }
  }
}

extension [UInt8] {
  /// Whether a sequence of bytes is in it.
  func contains(_ sought: [UInt8]) -> Bool { self[...].firstIndex(of: sought) != nil }
}
