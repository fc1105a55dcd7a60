import NIOCore

/// Keeps the bytes 80 to FF of field values apart, which NIOHTTP1 would read as UTF-8 and replace where they are none.
///
/// Each such byte of a message's head is handed on as the UTF-8 of U+0080 to U+00FF, so that in the decoded head one
/// scalar is one byte: as records hold fields, and as ``HeadWriter`` writes them. By hand because no library here keeps
/// field values as bytes. Heads without such bytes, nearly all, are passed on untouched.
final class FieldByteTranscoder: ChannelInboundHandler {
  typealias InboundIn = ByteBuffer
  typealias InboundOut = ByteBuffer

  /// Which messages come in.
  enum Side {
    case requests
    /// Several heads may come for one request: 1xx, then the final one.
    case responses
  }

  /// A head is next: set by whoever knows where messages end, cleared by whoever has got the head.
  var expectsHead = true
  /// Bytes have come in; whoever watches over time-outs is told here.
  var onBytes: (() -> Void)?

  private let side: Side
  /// Where in the head the next byte stands; kept when a head comes in pieces.
  private var place = Place()
  /// How many heads were expected so far.
  private var heads = 0

  init(_ side: Side) {
    self.side = side
  }

  func channelRead(context: ChannelHandlerContext, data: NIOAny) {
    onBytes?()
    guard expectsHead else { return context.fireChannelRead(data) }
    let buffer = unwrapInboundIn(data)
    guard !buffer.readableBytesView.hasByteAboveASCII else {
      return context.fireChannelRead(wrapInboundOut(transcoded(buffer)))
    }
    let head = heads
    context.fireChannelRead(data)
    // Only of a head that nobody has taken yet is there more to come.
    guard expectsHead, head == heads else { return }
    for byte in buffer.readableBytesView { place.pass(byte, side) }
  }

  /// A new head begins: nothing of the message before it counts.
  func expectHead() {
    expectsHead = true
    heads += 1
    place = Place()
  }

  private func transcoded(_ buffer: ByteBuffer) -> ByteBuffer {
    var output = ByteBuffer()
    output.reserveCapacity(buffer.readableBytes + 32)
    for byte in buffer.readableBytesView {
      if byte >= 0x80, place.isHead {
        output.writeInteger(0xC0 | byte >> 6)
        output.writeInteger(0x80 | byte & 0x3F)
      } else {
        output.writeInteger(byte)
      }
      place.pass(byte, side)
    }
    return output
  }
}

/// A place in a stream of bytes that begins with a head.
private struct Place {
  /// The next byte is one of a head.
  private(set) var isHead = true
  /// The last bytes of the head, newest in the lowest byte.
  private var tail: UInt32 = 0
  /// How many bytes of the head have passed.
  private var count = 0
  /// The head is that of a 1xx answer: another follows.
  private var isInterim = false

  /// `HTTP/1.1 `, then the status.
  private static let statusOffset = 9

  mutating func pass(_ byte: UInt8, _ side: FieldByteTranscoder.Side) {
    guard isHead else { return }
    // Empty lines before the first line do not count (RFC 9112 section 2.2).
    if count == 0, byte == 0x0D || byte == 0x0A { return }
    if count == Self.statusOffset, side == .responses { isInterim = byte == UInt8(ascii: "1") }
    count += 1
    tail = tail << 8 | UInt32(byte)
    // CR LF CR LF ends a head.
    guard tail == 0x0D0A_0D0A else { return }
    let another = isInterim
    self = Place()
    isHead = another
  }
}

extension ByteBufferView {
  /// Whether any byte is no ASCII; eight at a time, because every head is looked at.
  var hasByteAboveASCII: Bool {
    withUnsafeBytes { bytes in
      var index = 0
      while index + 8 <= bytes.count {
        if bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return true }
        index += 8
      }
      while index < bytes.count {
        if bytes[index] >= 0x80 { return true }
        index += 1
      }
      return false
    }
  }
}
