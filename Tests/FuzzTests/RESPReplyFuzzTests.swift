import IdempotencyTesting
import NIOCore
import Testing

@testable import HiredisNIO

@Suite("RESP2: replies are read however the network cuts them, anything else is refused in time")
struct RESPReplyFuzzTests {
  @Test("Replies give the values that were written, whole and in pieces")
  func roundTrip() {
    Fuzz.run(2400, reaching: ["nested", "several", "large"]) { fuzz in
      let replies = [fuzz.random.reply(depth: 7)] + fuzz.random.some(upTo: 3) { $0.reply(depth: 3) }
      let bytes = replies.flatMap(\.bytes)
      fuzz.show(bytes)
      if replies.count > 1 { fuzz.reach("several") }
      if bytes.count > 16 * 1024 { fuzz.reach("large") }
      if replies.contains(where: { $0.value.array?.contains { $0.array?.isEmpty == false } ?? false }) {
        fuzz.reach("nested")
      }
      for pieces in [[bytes], fuzz.random.pieces(of: bytes), fuzz.random.pieces(of: bytes)] {
        let result = Self.read(pieces)
        fuzz.expect(result.violation == nil, "refused: \(result.violation?.message ?? "")")
        fuzz.expect(
          result.values == replies.map(\.value), "in pieces of \(pieces.map(\.count)) read as \(result.values)")
      }
    }
  }

  @Test("A short reply cut in two at every place")
  func everySplit() {
    Fuzz.run(300, reaching: ["cut"]) { fuzz in
      let reply = fuzz.random.reply(depth: 2)
      guard reply.bytes.count < 150 else { return }
      fuzz.show(reply.bytes)
      for place in 1..<reply.bytes.count {
        fuzz.reach("cut")
        let result = Self.read([Array(reply.bytes[..<place]), Array(reply.bytes[place...])])
        fuzz.expect(result.values == [reply.value] && result.violation == nil, "cut at \(place): \(result)")
      }
    }
  }

  @Test("Changed bytes give values or a violation, the same in pieces as whole, and no more than the limits")
  func mutations() {
    let limits = RESPLimits(maximumReplyBytes: 1024, maximumElements: 20)
    Fuzz.run(8000, reaching: ["read", "refused", "unfinished"]) { fuzz in
      let bytes = fuzz.random.mutated(fuzz.random.reply(depth: 7).bytes, donor: fuzz.random.reply(depth: 2).bytes)
      fuzz.show(bytes)
      let whole = Self.read([bytes], limits)
      let cut = Self.read(fuzz.random.pieces(of: bytes), limits)
      fuzz.reach(whole.violation != nil ? "refused" : whole.values.isEmpty ? "unfinished" : "read")
      for value in whole.values + cut.values { Self.expectBounded(value, limits, &fuzz) }
      fuzz.expect(whole.values == cut.values, "in pieces read as \(cut.values)")
      fuzz.expect(
        (whole.violation == nil) == (cut.violation == nil), "refused in pieces: \(cut.violation?.message ?? "no")")
    }
  }

  @Test("A reply without an end is refused before more of it was taken than the limits allow")
  func endless() {
    Fuzz.run(120, reaching: ["refused"]) { fuzz in
      let limits = RESPLimits(
        maximumReplyBytes: 1024 << fuzz.random.below(7), maximumElements: 1 + fuzz.random.below(2000))
      let start = fuzz.random.pick(["$999999999\r\n", "*999999999\r\n", "*\(limits.maximumElements)\r\n$900\r\n"])
      let unit = fuzz.random.pick(["a", "1", "0", ":1\r\n", "$-1\r\n", "*0\r\n", "$0\r\n\r\n", "*1\r\n", "+\r\n"])
      let (head, isLine) =
        fuzz.random.chance(50) ? (fuzz.random.pick(["+", "-", ":", "$", "*"]), true) : (start, false)
      fuzz.show(head + unit)
      // An element takes less than 36 bytes beside what counts; a feed is looked at when it is read.
      let bound = limits.maximumReplyBytes + 36 * limits.maximumElements + 16 * 1024
      let reader = RESPReader(limits: limits)
      var piece = ByteBuffer(string: head)
      for _ in 0...bound / 512 + 1 {
        do throws(RESPViolation) {
          // A whole value: this one has an end.
          if try reader.next(from: &piece) != nil { return }
        } catch { return fuzz.reach("refused") }
        piece = ByteBuffer(string: String(repeating: isLine ? "1" : unit, count: 512))
      }
      fuzz.fail("\(bound) bytes were taken")
    }
  }

  private static func read(
    _ pieces: [[UInt8]], _ limits: RESPLimits = RESPLimits()
  ) -> (values: [RESPValue], violation: RESPViolation?) {
    let reader = RESPReader(limits: limits)
    var values: [RESPValue] = []
    for piece in pieces {
      var buffer = ByteBuffer(bytes: piece)
      do throws(RESPViolation) {
        while let value = try reader.next(from: &buffer) { values.append(value) }
      } catch { return (values, error) }
    }
    return (values, nil)
  }

  private static func expectBounded(_ value: RESPValue, _ limits: RESPLimits, _ fuzz: inout FuzzCase) {
    let (bytes, elements, depth) = size(value)
    fuzz.expect(bytes <= limits.maximumReplyBytes + 16 * 1024, "a value of \(bytes) bytes")
    fuzz.expect(elements <= limits.maximumElements + 1, "a value of \(elements) elements")
    fuzz.expect(depth <= 7, "a value of \(depth) levels")
  }

  private static func size(_ value: RESPValue) -> (bytes: Int, elements: Int, depth: Int) {
    switch value {
    case .null, .integer: (1, 1, 0)
    case .simpleString(let text): (text.utf8.count, 1, 0)
    case .error(let error): (error.description.utf8.count, 1, 0)
    case .bulkString(let bytes): (bytes.readableBytes, 1, 0)
    case .array(let elements):
      elements.map { size($0) }.reduce((0, 1, 1)) { ($0.0 + $1.bytes, $0.1 + $1.elements, max($0.2, $1.depth + 1)) }
    }
  }
}
