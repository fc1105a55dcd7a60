import Foundation
import IdempotencyTesting
import Testing

@testable import IdempotencyWorker

/// Another decoder, NIOHTTP1's, reads the same bytes.
///
/// Whatever this worker accepts, that one must accept with the same heads, bodies and trailers. It may accept more.
///
/// Left out is what it is known to read differently: a tab behind a value (it takes `chunked` with one for no coding),
/// methods and targets that it does not know, and what follows an upgrade or `Connection: close` in a trailer.
/// `WIRE_CASES=n` runs so many messages.
@Suite("W1 both decoders, read against another, with mutated messages")
struct WireFuzzTests {
  /// Of all batches together.
  private static let cases = ProcessInfo.processInfo.environment["WIRE_CASES"].flatMap { Int($0) } ?? 100_000

  @Test("what is accepted is accepted there, and read the same", arguments: 1...4 as ClosedRange<UInt64>)
  func agrees(batch: UInt64) {
    var random = SeededRandom(seed: batch)
    var accepted = 0
    for _ in 0..<Self.cases / 4 {
      let isRequest = random.chance(50)
      let bytes = Self.mutated(isRequest ? WireCorpus.requests : WireCorpus.answers, &random)
      guard bytes.firstRange(of: Array("\t\r\n".utf8)) == nil else { continue }
      let (ours, theirs): (WireReading, WireReading)
      if isRequest {
        (ours, theirs) = (WireReading(requests: bytes), .oracle(requests: bytes))
      } else {
        let (toHead, ends) = (random.chance(25), random.chance(50))
        ours = WireReading(answers: bytes, toHead: toHead, ends: ends)
        theirs = .oracle(answers: bytes, toHead: toHead, count: 8, ends: ends)
      }
      if !ours.isRefused { accepted += 1 }
      if let contradiction = ours.contradiction(theirs) {
        Issue.record("\(contradiction)\n\(String(decoding: bytes, as: UTF8.self).debugDescription)")
        return
      }
    }
    print("wire, batch \(batch): \(accepted) of \(Self.cases / 4) accepted")
    #expect(accepted * 5 > Self.cases / 4, "nearly all are refused: nothing was compared")
  }

  /// Some messages in a row, changed in up to three places.
  private static func mutated(_ corpus: [[UInt8]], _ random: inout SeededRandom) -> [UInt8] {
    var bytes = (0...random.below(3)).flatMap { _ in random.pick(corpus) }
    for _ in 0..<random.below(4) {
      let place = random.below(bytes.count + 1)
      switch random.below(5) {
      case 0 where place < bytes.count: bytes[place] = UInt8(random.below(256))
      case 1: bytes.removeSubrange(place..<min(bytes.count, place + 1 + random.below(4)))
      case 2, 3: bytes.insert(contentsOf: random.pick(WireCorpus.pieces), at: place)
      default:
        let piece = Array(bytes[place..<min(bytes.count, place + random.below(20))])
        bytes.insert(contentsOf: piece, at: min(bytes.count, place + random.below(30)))
      }
    }
    return bytes
  }
}
