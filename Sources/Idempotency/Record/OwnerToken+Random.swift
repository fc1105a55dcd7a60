internal import NIOConcurrencyHelpers

#if canImport(Glibc)
  internal import Glibc
#elseif canImport(Musl)
  internal import Musl
#else
  internal import Darwin
#endif

extension OwnerToken {
  /// Random words that were asked for in one go; Swift's own generator asks the kernel for every eight bytes.
  private struct Supply {
    /// As much as `getentropy` gives at once: 16 tokens.
    static let wordCount = 32

    private var words = [UInt64](repeating: 0, count: wordCount)
    private var next = wordCount

    mutating func word() -> UInt64 {
      if next == Self.wordCount {
        let failed = words.withUnsafeMutableBytes { getentropy($0.baseAddress, $0.count) != 0 }
        if failed {
          var generator = SystemRandomNumberGenerator()
          for index in words.indices { words[index] = generator.next() }
        }
        next = 0
      }
      defer {
        // A word that was given out stands nowhere else.
        words[next] = 0
        next += 1
      }
      return words[next]
    }
  }

  private static let supply = NIOLockedValueBox(Supply())

  /// A new token from the system's random number generator.
  public static func random() -> OwnerToken {
    supply.withLockedValue { OwnerToken(high: $0.word(), low: $0.word()) }
  }
}
