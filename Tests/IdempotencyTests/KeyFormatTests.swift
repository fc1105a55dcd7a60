import Idempotency
import Testing

@Suite("Key formats")
struct KeyFormatTests {
  private static let version4 = "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33"
  private static let version7 = "0190163d-8694-739b-aea5-966c26f8ad91"

  @Test("K10 any: keys compare case-sensitively")
  func caseSensitive() throws {
    #expect(try IdempotencyKey("abc") != IdempotencyKey("ABC"))
    #expect(try IdempotencyKey(Self.version4.uppercased()).text == Self.version4.uppercased())
  }

  @Test("K10 UUID formats are kept in lower case", arguments: [KeyFormat.uuid, .uuidV4])
  func lowerCase(format: KeyFormat) throws {
    let key = try IdempotencyKey(Self.version4.uppercased(), format: format)
    #expect(key.text == Self.version4)
    #expect(try key == IdempotencyKey(Self.version4, format: format))
  }

  @Test("K12 uuid takes any version, uuid-v4 only its own")
  func versions() throws {
    #expect(try IdempotencyKey(Self.version7, format: .uuid).text == Self.version7)
    #expect(try IdempotencyKey("00000000-0000-0000-0000-000000000000", format: .uuid).text.utf8.count == 36)
    #expect(throws: KeyError.self) { try IdempotencyKey(Self.version7, format: .uuidV4) }
  }

  @Test(
    "K12 what is no UUID is refused",
    arguments: [
      "k", "3f9c2a7e1b4d4c8a9e217d5f0b6a1c33", "{3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33}",
      "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c3", "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c333",
      "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c3g", "3f9c2a7e-1b4d-4c8a-9e217-d5f0b6a1c33",
      " 3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1c33", "3f9c2a7e-1b4d-4c8a-9e21-7d5f0b6a1cé",
    ], [KeyFormat.uuid, .uuidV4])
  func notUUID(text: String, format: KeyFormat) {
    #expect(throws: KeyError.self) { try IdempotencyKey(text, format: format) }
  }

  @Test("K12 uuid-v4 checks the variant", arguments: Array("0123456789abcdefABCDEF"))
  func variant(digit: Character) {
    let text = "3f9c2a7e-1b4d-4c8a-\(digit)e21-7d5f0b6a1c33"
    #expect(((try? IdempotencyKey(text, format: .uuidV4)) != nil) == "89abAB".contains(digit))
  }

  @Test("K8 keys that are no field values may hold any characters, 1 to 255 bytes of them")
  func plainText() throws {
    #expect(try IdempotencyKey("schlüssel\n1").text == "schlüssel\n1")
    #expect(throws: KeyError.self) { try IdempotencyKey("") }
    #expect(throws: KeyError.self) { try IdempotencyKey("  ") }
    #expect(throws: KeyError.self) { try IdempotencyKey(String(repeating: "é", count: 128)) }
  }

  @Test("configuration names", arguments: zip(KeyFormat.allCases, ["any", "uuid", "uuid-v4"]))
  func names(format: KeyFormat, name: String) {
    #expect(format.rawValue == name)
  }
}
