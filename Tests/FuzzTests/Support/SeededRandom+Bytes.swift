import IdempotencyTesting

/// Changes to bytes that know nothing of their grammar.
extension SeededRandom {
  /// What parsers take for an end, a mark or an escape, and what is no UTF-8.
  private static let interesting = Array("\0\t\n\r \"%'(*+,-./0129:;=?[\\]eu{}~\u{7F}".utf8) + [0x80, 0xBF, 0xC0, 0xFF]

  /// Whole sequences: overlong, a surrogate, beyond Unicode, the replacement character, a byte order mark, escapes.
  private static let sequences: [[UInt8]] = [
    [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xEF, 0xBF, 0xBD], [0xEF, 0xBB, 0xBF],
    [0xF4, 0x8F, 0xBF, 0xBF], Array("\r\n".utf8), Array("%00".utf8), Array("\\u0000".utf8), Array("\\ud800".utf8),
    Array("e\u{301}".utf8), Array("99999999999999999999".utf8),
  ]

  mutating func byte() -> UInt8 {
    chance(60) ? pick(Self.interesting) : UInt8(truncatingIfNeeded: next())
  }

  mutating func bytes(upTo limit: Int) -> [UInt8] { some(upTo: limit) { $0.byte() } }

  /// One to three changes of the bytes; `donor` is what may be spliced in.
  mutating func mutated(_ bytes: [UInt8], donor: [UInt8] = []) -> [UInt8] {
    var bytes = bytes
    for _ in 0...below(3) { mutate(&bytes, donor: donor) }
    return bytes
  }

  private mutating func mutate(_ bytes: inout [UInt8], donor: [UInt8]) {
    guard !bytes.isEmpty else { return bytes.append(byte()) }
    let place = below(bytes.count)
    switch below(9) {
    case 0: bytes[place] ^= 1 << UInt8(below(8))
    case 1: bytes[place] = byte()
    case 2: bytes.insert(byte(), at: place)
    case 3: bytes.removeSubrange(range(in: bytes))
    case 4: bytes.insert(contentsOf: bytes[range(in: bytes)], at: place)
    case 5: bytes.swapAt(place, below(bytes.count))
    case 6: bytes.insert(contentsOf: pick(Self.sequences), at: place)
    case 7: bytes.replaceSubrange(range(in: bytes), with: donor[range(in: donor)])
    default: bytes.removeSubrange(place...)
    }
  }

  /// Some bytes in a row, few as a rule.
  private mutating func range(in bytes: [UInt8]) -> Range<Int> {
    guard !bytes.isEmpty else { return 0..<0 }
    let start = below(bytes.count)
    return start..<start + 1 + count(upTo: bytes.count - start - 1)
  }

  /// The bytes cut into pieces, none of them empty.
  mutating func pieces(of bytes: [UInt8]) -> [[UInt8]] {
    let longest = chance(30) ? 1 : 1 + count(upTo: bytes.count)
    var pieces: [[UInt8]] = []
    var start = 0
    while start < bytes.count {
      let end = min(bytes.count, start + 1 + below(longest))
      pieces.append(Array(bytes[start..<end]))
      start = end
    }
    return pieces
  }
}
