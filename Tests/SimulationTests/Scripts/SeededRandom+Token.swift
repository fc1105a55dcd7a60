import Idempotency
import IdempotencyTesting

extension SeededRandom {
  mutating func token() -> OwnerToken {
    let digits = (0..<OwnerToken.digitCount).map { _ in pick(Array("0123456789abcdef")) }
    return OwnerToken(String(digits))!
  }
}
