import DequeModule
import NIOCore
import Testing

@testable import HiredisNIO

@Suite("What waits is known to be unsent: it can be taken back, byte for byte")
struct CommandQueueTests {
  @Test func takesWholeCommandsUpToALimit() {
    var queue = Self.queue(5)
    var sent: Deque<ReplySlot> = []
    // Each command takes 11 bytes: "*1\r\n$1\r\nN\r\n".
    Self.expect(queue.take(limit: 23, readMark: 7, into: &sent), Self.bytes([0, 1]))
    #expect(sent.map(\.id) == [0, 1])
    #expect(sent.allSatisfy { $0.readMark == 7 })
    Self.expect(queue.take(limit: 1, readMark: 8, into: &sent), Self.bytes([2]))
    Self.expect(queue.take(limit: 1000, readMark: 9, into: &sent), Self.bytes([3, 4]))
    queue.recycle()
    let (isEmpty, byteCount) = (queue.isEmpty, queue.byteCount)
    #expect(isEmpty)
    #expect(byteCount == 0)
  }

  @Test func removesCommandsFromTheMiddle() {
    var queue = Self.queue(5)
    let removed = queue.remove { $0.id == 1 || $0.id == 3 }
    #expect(removed.map(\.id) == [1, 3])
    let none = queue.remove { $0.id == 9 }
    #expect(none.isEmpty)
    let byteCount = queue.byteCount
    #expect(byteCount == 33)
    var sent: Deque<ReplySlot> = []
    Self.expect(queue.take(limit: .max, readMark: 0, into: &sent), Self.bytes([0, 2, 4]))
  }

  @Test func aBufferThatIsStillBeingWrittenIsNotTouched() {
    var queue = Self.queue(1)
    var sent: Deque<ReplySlot> = []
    let onItsWay = queue.take(limit: .max, readMark: 0, into: &sent)
    queue.recycle()
    queue.append(ReplySlot(id: 7, deadline: .distantFuture)) {
      $0.begin(1)
      $0.bulk(7)
    }
    #expect(String(buffer: onItsWay) == Self.bytes([0]))
  }

  /// Behind a slice that the channel holds, each more command copied all that waited.
  @Test func whatWaitsIsNotCopied() {
    var queue = Self.queue(3)
    var sent: Deque<ReplySlot> = []
    var onTheirWay = [queue.take(limit: 11, readMark: 0, into: &sent)]
    let large = ByteBuffer(repeating: 0x61, count: CommandQueue.chunkBytes)
    for id: UInt64 in 3..<6 {
      queue.append(ReplySlot(id: id, deadline: .distantFuture)) {
        #expect($0.buffer.readableBytes == 0, "written behind what waits")
        $0.begin(1)
        $0.bulk(count: large.readableBytes) { $0.writeImmutableBuffer(large) }
      }
    }
    let waiting = queue.byteCount
    while sent.count < 6 {
      onTheirWay.append(queue.take(limit: .max, readMark: 0, into: &sent))
    }
    #expect(sent.map(\.id) == [0, 1, 2, 3, 4, 5])
    Self.expect(onTheirWay[0], Self.bytes([0]))
    Self.expect(onTheirWay[1], Self.bytes([1, 2]))
    #expect(onTheirWay.dropFirst().reduce(0) { $0 + $1.readableBytes } == waiting)
    let byteCount = queue.byteCount
    #expect(byteCount == 0)
  }

  @Test func removesFromSeveralChunks() {
    var queue = Self.queue(2)
    let large = ByteBuffer(repeating: 0x61, count: CommandQueue.chunkBytes)
    for id: UInt64 in 2..<5 {
      queue.append(ReplySlot(id: id, deadline: .distantFuture)) {
        $0.begin(1)
        $0.bulk(count: large.readableBytes) { $0.writeImmutableBuffer(large) }
      }
    }
    let removed = queue.remove { $0.id == 0 || $0.id == 3 }
    #expect(removed.map(\.id) == [0, 3])
    var sent: Deque<ReplySlot> = []
    Self.expect(queue.take(limit: 11, readMark: 0, into: &sent), Self.bytes([1]))
    while sent.count < 3 {
      #expect(queue.take(limit: .max, readMark: 0, into: &sent).readableBytes > CommandQueue.chunkBytes)
    }
    #expect(sent.map(\.id) == [1, 2, 4])
    let isEmpty = queue.isEmpty
    #expect(isEmpty)
  }

  static func queue(_ count: Int) -> CommandQueue {
    var queue = CommandQueue()
    for id in 0..<count {
      queue.append(ReplySlot(id: UInt64(id), deadline: .distantFuture)) {
        $0.begin(1)
        $0.bulk(id)
      }
    }
    return queue
  }

  static func expect(_ bytes: ByteBuffer, _ expected: String) {
    #expect(String(buffer: bytes) == expected)
  }

  static func bytes(_ ids: [Int]) -> String {
    ids.map { "*1\r\n$1\r\n\($0)\r\n" }.joined()
  }
}
