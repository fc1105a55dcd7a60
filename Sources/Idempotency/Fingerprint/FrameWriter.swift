import Crypto
import NIOCore

/// Feeds framed items into a keyed hash.
///
/// Small items are put together first: each update of the hash costs about as much as hashing a hundred bytes. Large
/// ones, bodies, go in as they are.
struct FrameWriter {
  /// Small items together; a request without a body is some hundred bytes.
  private static let collected = 1_024

  private var authenticator: HMAC<SHA256>
  private var pending: [UInt8] = []

  /// Begins a frame; the label keeps hashes for different purposes apart.
  init(_ pepper: Pepper, label: String) {
    self.init(pepper.authenticator, label: label)
  }

  init(_ authenticator: HMAC<SHA256>, label: String) {
    self.authenticator = authenticator
    pending.reserveCapacity(512)
    append(label)
  }

  /// Appends a text, or the absence of one.
  mutating func append(_ text: String?) {
    guard var text else { return appendAbsent() }
    text.withUTF8 { append(UnsafeRawBufferPointer($0)) }
  }

  /// Appends bytes.
  mutating func append(_ bytes: [UInt8]) {
    bytes.withUnsafeBytes { append($0) }
  }

  /// Appends the readable bytes of a buffer.
  mutating func append(_ buffer: ByteBuffer) {
    buffer.withUnsafeReadableBytes { append($0) }
  }

  /// Appends name and value of each pair.
  mutating func append(pairs: [(name: String, value: String?)]) {
    for pair in pairs {
      append(pair.name)
      append(pair.value)
    }
  }

  /// Appends the mark of an item that is not there.
  mutating func appendAbsent() {
    withUnsafeBytes(of: Frame.absent) { pending.append(contentsOf: $0) }
  }

  private mutating func append(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeBytes(of: Frame.header(count: bytes.count)) { pending.append(contentsOf: $0) }
    guard bytes.count > Self.collected else { return pending.append(contentsOf: bytes) }
    pending.withUnsafeBytes { authenticator.update(data: $0) }
    pending.removeAll(keepingCapacity: true)
    authenticator.update(data: bytes)
  }

  private var digest: HMAC<SHA256>.MAC {
    var authenticator = authenticator
    pending.withUnsafeBytes { authenticator.update(data: $0) }
    return authenticator.finalize()
  }

  /// The first 128 bits of the hash.
  func digest128() -> (high: UInt64, low: UInt64) {
    digest.withUnsafeBytes { bytes in
      (
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 0, as: UInt64.self)),
        UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
      )
    }
  }

  /// The whole hash as 64 lower-case hexadecimal digits.
  func hexDigest() -> String {
    digest.withUnsafeBytes { bytes in
      String(unsafeUninitializedCapacity: 2 * bytes.count) { text in
        for offset in stride(from: 0, to: bytes.count, by: 8) {
          let word = UInt64(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
          Hexadecimal.write(word, to: UnsafeMutableRawBufferPointer(text), at: 2 * offset)
        }
        return 2 * bytes.count
      }
    }
  }
}
