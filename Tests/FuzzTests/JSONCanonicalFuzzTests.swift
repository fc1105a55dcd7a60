import IdempotencyTesting
import Foundation
import NIOCore
import Testing

@testable import Idempotency

@Suite("Canonical JSON: equal for equal values and for no others")
struct JSONCanonicalFuzzTests {
  @Test("F4 any spelling of a value has the canonical form that a naive writer gives, which is a fixed point")
  func spellings() {
    Fuzz.run(3000) { fuzz in
      let value = fuzz.random.json(depth: 4)
      let expected = value.canonical
      for _ in 0..<2 {
        let text = fuzz.random.space() + fuzz.random.spelled(value) + fuzz.random.space()
        fuzz.show(text)
        fuzz.expect(try Self.canonical(text).elementsEqual(expected.utf8), "expected \(expected)")
      }
      fuzz.expect(try Self.canonical(expected).elementsEqual(expected.utf8), "\(expected) is no fixed point")
    }
  }

  @Test("F4 a real change shows")
  func changes() {
    Fuzz.run(4000) { fuzz in
      let value = fuzz.random.json(depth: 4)
      let (one, other) = (fuzz.random.spelled(value), fuzz.random.spelled(fuzz.random.changed(value)))
      fuzz.show(one)
      fuzz.show(other)
      fuzz.expect(try Self.canonical(one) != Self.canonical(other), "are one")
    }
  }

  /// Foundation's reader is another implementation of RFC 8259; where the two differ must be known.
  @Test("F4 what is accepted is what Foundation accepts, but for the differences that are listed")
  func acceptance() {
    Fuzz.run(12000, reaching: ["accepted", "refused", "duplicateMember", "loneSurrogate"]) { fuzz in
      let value = fuzz.random.json(depth: 3)
      var bytes = Array(fuzz.random.spelled(value).utf8)
      if fuzz.random.chance(10) { bytes += Array(", ".utf8) + bytes }
      bytes = fuzz.random.mutated(bytes, donor: Array("{\"a\":-0.5e+1,\"a\":[\"\\ud83d\\ude00\\u0000\"]}".utf8))
      fuzz.show(bytes)
      var ours: JSONError?
      do throws(JSONError) {
        let canonical = try CanonicalJSON.bytes(of: ByteBuffer(bytes: bytes))
        fuzz.expect((try? CanonicalJSON.bytes(of: ByteBuffer(bytes: canonical))) == canonical, "no fixed point")
      } catch { ours = error }
      let theirs = Self.isAcceptedByFoundation(bytes)
      fuzz.reach(ours.map { $0.reason == .syntax || $0.reason == .encoding ? "refused" : "\($0.reason)" } ?? "accepted")
      guard theirs != (ours == nil) else { return }
      fuzz.expect(
        Self.isKnown(ours, bytes),
        "Foundation \(theirs ? "accepts" : "refuses") it, here \(ours?.description ?? "accepted")")
    }
  }

  @Test("F4 tokens in any order")
  func soup() {
    let tokens = [
      "{", "}", "[", "]", ",", ",", ":", "\"a\"", "\"b\"", "1", "-", "0", ".", "e", "true", "null", " ", "\0",
    ]
    Fuzz.run(12000, reaching: ["accepted", "refused"]) { fuzz in
      let inner = fuzz.random.some(upTo: 6) { $0.pick(tokens) }.joined()
      let bytes = Array(fuzz.random.pick(["[\(inner)]", "{\"a\":\(inner)}", "{\(inner)}", inner]).utf8)
      fuzz.show(bytes)
      let ours = Result { () throws(JSONError) in try CanonicalJSON.bytes(of: ByteBuffer(bytes: bytes)) }
      var error: JSONError?
      if case .failure(let failure) = ours { error = failure }
      fuzz.reach(error == nil ? "accepted" : "refused")
      let theirs = Self.isAcceptedByFoundation(bytes)
      fuzz.expect(
        theirs == (error == nil) || Self.isKnown(error, bytes), "Foundation \(theirs ? "accepts" : "refuses") it")
    }
  }

  /// The differences: here duplicate members, halves of surrogate pairs, more than 128 levels (Foundation: 512),
  /// exponents of more than 18 digits and all encodings but UTF-8 without a byte order mark are refused; Foundation
  /// takes a comma before the end of a container, and refuses numbers outside a Double's range.
  private static func isKnown(_ ours: JSONError?, _ bytes: [UInt8]) -> Bool {
    switch ours?.reason {
    case .duplicateMember, .loneSurrogate, .depth, .exponent: true
    case nil: Self.hasHugeNumber((try? CanonicalJSON.bytes(of: ByteBuffer(bytes: bytes))) ?? [])
    case .syntax, .encoding: Self.isOtherEncoding(bytes) || Self.hasLastComma(bytes[..<(ours?.offset ?? 0)])
    }
  }

  /// A byte order mark, or a zero byte early, by which Foundation tells UTF-16 and UTF-32.
  private static func isOtherEncoding(_ bytes: [UInt8]) -> Bool {
    bytes.starts(with: [0xEF, 0xBB, 0xBF]) || bytes.first.map { $0 >= 0xFE } ?? false || bytes.prefix(4).contains(0)
  }

  private static func hasLastComma(_ bytes: ArraySlice<UInt8>) -> Bool {
    bytes.last { ![0x20, 0x09, 0x0A, 0x0D].contains($0) } == UInt8(ascii: ",")
  }

  private static func hasHugeNumber(_ canonical: [UInt8]) -> Bool {
    // Digits in strings do not matter much: they only excuse a few cases too many.
    canonical.split { !"-0123456789e".utf8.contains($0) }.contains {
      Double(String(decoding: $0, as: UTF8.self)).map { $0.isInfinite } ?? false
    }
  }

  private static func canonical(_ text: String) throws(JSONError) -> [UInt8] {
    try CanonicalJSON.bytes(of: ByteBuffer(string: text))
  }

  private static func isAcceptedByFoundation(_ bytes: [UInt8]) -> Bool {
    (try? JSONSerialization.jsonObject(with: Data(bytes), options: .fragmentsAllowed)) != nil
  }
}
