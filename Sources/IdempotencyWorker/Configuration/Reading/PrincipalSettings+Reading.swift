extension PrincipalSettings {
  /// Reads `principal`; nil when it is missing.
  init?(_ section: Section) {
    guard section.isPresent else { return nil }
    let names = section.fieldNames("headers")
    section.requireElements("headers", "one header field at least")
    stableCredential = section.boolean("stableCredential", default: false)
    missing = section.choice("missing", ["reject": .reject, "shared": .shared], default: .reject)
    challenge =
      section.value("challenge", expected: "the name of an authentication scheme", read: HeaderName.parse)
      ?? (section.node("jwt") == nil ? "ApiKey" : "Bearer")
    pepperFile = section.file("pepperFile", isSecret: true)
    if section.node("jwt") != nil {
      source = .jwt(JWTSettings(section.section("jwt")))
      if section.node("headers") != nil {
        section.fail("jwt", "is given beside headers; expected one of them")
      }
      if stableCredential {
        section.fail("stableCredential", "is true though jwt is given, whose claims are stable; expected headers")
      }
      return
    }
    source = .headers(names ?? [])
    if section.node("headers") == nil {
      section.context.add("names no caller; expected headers or jwt", at: section.location, path: section.path)
    }
    if !stableCredential, let index = names?.firstIndex(of: "authorization") {
      section.context.add(
        "is authorization, which changes when a token is renewed; expected jwt, another field, or stableCredential: true",
        at: section.node("headers").map { $0.element(index).location } ?? section.location,
        path: "\(section.name("headers"))[\(index)]")
    }
  }
}

extension JWTSettings {
  /// Reads `principal.jwt`.
  init(_ section: Section) {
    header =
      section.value("header", expected: "the name of a header field", read: HeaderName.parse)?.lowercased()
      ?? "authorization"
    section.requireElements("claims", "one claim at least")
    claims =
      section.values("claims", expected: "a claim's name of 1 to 64 bytes") {
        (1...64).contains($0.utf8.count) ? $0 : nil
      } ?? ["iss", "sub"]
    keys = Self.keys(section)
    issuer = section.value("issuer", expected: Self.nameExpectation, read: Self.name)
    section.requireElements("audience", "one audience at least")
    audience = section.oneOrSeveral("audience", expected: Self.nameExpectation, read: Self.name) ?? []
    section.requireElements("types", "one type at least")
    types = section.values("types", expected: Self.typeExpectation, read: Self.type) ?? TokenRules().types
    requiresExpiry = section.boolean("requireExpiry", default: true)
    leeway =
      section.node("leeway") == nil
      ? nil : section.duration("leeway", default: .zero, in: .zero...Self.longestLeeway)
  }

  /// An empty name would be taken for none, and then nothing would be checked.
  private static let nameExpectation = "a text of 1 to 1024 bytes"
  private static let typeExpectation = #"a media type such as JWT or at+jwt, or "" for a token without one"#

  private static func name(_ text: String) -> String? { (1...1_024).contains(text.utf8.count) ? text : nil }

  private static func type(_ text: String) -> String? {
    guard text.utf8.count <= 127, text.utf8.allSatisfy({ (0x21...0x7E).contains($0) }) else { return nil }
    return TokenRules.type(text)
  }

  private static func keys(_ section: Section) -> Keys {
    let caFile = section.file("keysCaFile")
    guard section.node("keysUrl") != nil else {
      if caFile != nil { section.fail("keysCaFile", "is given without keysUrl; expected both or none") }
      section.require("keysFile", "the name of a file, or keysUrl")
      return .file(section.node("keysFile") == nil ? "" : section.requiredFile("keysFile"))
    }
    if section.node("keysFile") != nil { section.fail("keysUrl", "is given beside keysFile; expected one of them") }
    let address = section.value("keysUrl", expected: KeysAddress.expectation, read: KeysAddress.init)
    if let address, !address.server.isTLS, caFile != nil {
      section.fail("keysCaFile", "is given though keysUrl is http; expected one of them")
    }
    return address.map { .address($0, caFile: caFile) } ?? .file("")
  }
}
