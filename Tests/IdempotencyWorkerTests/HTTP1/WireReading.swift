import Idempotency
import NIOCore
import NIOEmbedded
import NIOHTTP1

@testable import IdempotencyWorker

/// What a decoder makes of a stream of bytes: each message as far as it was read, and whether the rest was refused.
///
/// Fields are texts as NIOHTTP1 reads them, so that both readings can be compared.
struct WireReading: Equatable, CustomStringConvertible {
  struct Message: Equatable {
    var start: String
    var fields: [String]
    var body: [UInt8] = []
    var trailers: [String] = []
    var isWhole = false
    /// Nothing that follows on the connection is another message.
    var isLast: Bool
  }

  var messages: [Message] = []
  var isRefused = false

  var description: String {
    messages.map { "\($0)" }.joined(separator: "\n") + (isRefused ? "\nrefused" : "")
  }

  /// The messages as this worker reads them, where the stream comes in pieces that end at `cuts`.
  init(requests bytes: [UInt8], cuts: [Int] = [], limits: MessageLimits = MessageLimits()) {
    var decoder = RequestDecoder(limits: limits)
    for piece in Self.pieces(bytes, cuts) where !isRefused {
      decoder.append(piece)
      do throws(BadMessage) {
        while let part = try decoder.next() {
          switch part {
          case .head(let head):
            messages.append(
              Message(
                start: "\(head.method) \(head.target) \(head.minorVersion)", fields: Self.texts(head.fields),
                isLast: !head.framing.isKeepAlive || head.method == "CONNECT" || head.fields.first(.upgrade) != nil))
          case .body(let bytes): messages[messages.count - 1].body += bytes.readableBytesView
          case .end(let trailers): end(trailers)
          }
        }
      } catch {
        isRefused = true
      }
    }
  }

  /// The answers to so many requests, all of one method.
  init(
    answers bytes: [UInt8], cuts: [Int] = [], toHead: Bool = false, ends: Bool = false,
    limits: MessageLimits = MessageLimits()
  ) {
    var decoder = AnswerDecoder(limits: limits)
    decoder.expect(toHead: toHead)
    for piece in Self.pieces(bytes, cuts) where !isRefused {
      decoder.append(piece)
      do throws(BadMessage) {
        while let part = try decoder.next() {
          take(part)
          if case .end = part, !messages[messages.count - 1].isLast { decoder.expect(toHead: toHead) }
        }
      } catch {
        isRefused = true
      }
    }
    if ends, !isRefused, let part = decoder.finish() { take(part) }
  }

  private mutating func take(_ part: AnswerDecoder.Part) {
    switch part {
    case .interim(let head):
      messages.append(Message(start: "\(head.status)", fields: Self.texts(head.fields), isWhole: true, isLast: false))
    case .head(let head):
      messages.append(
        Message(start: "\(head.status)", fields: Self.texts(head.fields), isLast: !head.framing.isKeepAlive))
    case .body(let bytes): messages[messages.count - 1].body += bytes.readableBytesView
    case .end(let trailers): end(trailers)
    }
  }

  private mutating func end(_ trailers: FieldLines?) {
    messages[messages.count - 1].trailers = trailers.map(Self.texts) ?? []
    messages[messages.count - 1].isWhole = true
  }

  private static func texts(_ fields: FieldLines) -> [String] {
    func text(_ range: Range<Int>) -> String {
      String(decoding: fields.bytes.readableBytesView.dropFirst(range.lowerBound).prefix(range.count), as: UTF8.self)
    }
    return fields.lines.map { text($0.name) + ": " + text($0.value) }
  }

  private static func pieces(_ bytes: [UInt8], _ cuts: [Int]) -> [ByteBuffer] {
    let ends = cuts.sorted() + [bytes.count]
    return zip([0] + ends, ends).filter { $0 < $1 }.map { ByteBuffer(bytes: bytes[$0..<$1]) }
  }

  // MARK: NIOHTTP1's

  private init() {}

  static func oracle(requests bytes: [UInt8]) -> WireReading {
    var reading = WireReading()
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .dropBytes)))
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { reading.isRefused = true }
    while let part = (try? channel.readInbound(as: HTTPServerRequestPart.self)).flatMap({ $0 }) {
      switch part {
      case .head(let head):
        reading.messages.append(
          Message(
            start: "\(head.method) \(head.uri) \(head.version.minor)", fields: texts(head.headers), isLast: false))
      case .body(let bytes): reading.messages[reading.messages.count - 1].body += bytes.readableBytesView
      case .end(let trailers): reading.end(trailers)
      }
    }
    _ = try? channel.finish(acceptAlreadyClosed: true)
    return reading
  }

  static func oracle(answers bytes: [UInt8], toHead: Bool, count: Int, ends: Bool) -> WireReading {
    var reading = WireReading()
    let channel = EmbeddedChannel(
      handler: ByteToMessageHandler(
        HTTPResponseDecoder(leftOverBytesStrategy: .dropBytes, informationalResponseStrategy: .forward)))
    let head = HTTPRequestHead(version: .http1_1, method: toHead ? .HEAD : .GET, uri: "/")
    for _ in 0..<count { _ = try? channel.writeOutbound(HTTPClientRequestPart.head(head)) }
    do { try channel.writeInbound(ByteBuffer(bytes: bytes)) } catch { reading.isRefused = true }
    if ends { _ = try? channel.finish(acceptAlreadyClosed: true) }
    while let part = (try? channel.readInbound(as: HTTPClientResponsePart.self)).flatMap({ $0 }) {
      switch part {
      case .head(let head):
        reading.messages.append(
          Message(
            start: "\(head.status.code)", fields: texts(head.headers), isWhole: head.status.code < 200, isLast: false))
      case .body(let bytes): reading.messages[reading.messages.count - 1].body += bytes.readableBytesView
      case .end(let trailers): reading.end(trailers)
      }
    }
    if !ends { _ = try? channel.finish(acceptAlreadyClosed: true) }
    return reading
  }

  private mutating func end(_ trailers: HTTPHeaders?) {
    guard !messages.isEmpty else { return }
    messages[messages.count - 1].trailers = trailers.map(Self.texts) ?? []
    messages[messages.count - 1].isWhole = true
  }

  private static func texts(_ headers: HTTPHeaders) -> [String] {
    headers.map { $0.name + ": " + String($0.value[...].trimmed) }
  }

  /// Where the other reading, which may be laxer, contradicts this one; nil where it does not.
  func contradiction(_ other: WireReading) -> String? {
    for (index, message) in messages.enumerated() {
      guard index < other.messages.count else {
        // It knows fewer methods and targets.
        let words = message.start.split(separator: " ")
        let isKnown = HTTPMethod(rawValue: String(words[0])).isKnown && (words.count < 3 || words[1].hasPrefix("/"))
        return isKnown ? "message \(index) is none" : nil
      }
      var theirs = other.messages[index]
      theirs.isLast = message.isLast
      if !message.isWhole { (theirs.isWhole, theirs.trailers) = (false, []) }
      if !message.isWhole, theirs.body.starts(with: message.body) { theirs.body = message.body }
      if theirs != message { return "message \(index): \(message) or \(theirs)" }
      // What follows is another protocol for the other one, or nothing.
      if message.isLast || message.trailers.contains(where: { $0.lowercased().hasPrefix("connection:") }) { return nil }
    }
    return nil
  }
}

extension HTTPMethod {
  fileprivate var isKnown: Bool {
    if case .RAW = self { false } else { true }
  }
}
