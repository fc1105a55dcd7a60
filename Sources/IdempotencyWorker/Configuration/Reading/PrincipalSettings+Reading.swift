extension PrincipalSettings {
  /// Reads `principal`; nil when it is missing.
  init?(_ section: Section) {
    guard section.isPresent else { return nil }
    let names = section.fieldNames("headers")
    section.requireElements("headers", "one header field at least")
    stableCredential = section.boolean("stableCredential", default: false)
    missing = section.choice("missing", ["reject": .reject, "shared": .shared], default: .reject)
    challenge =
      section.value("challenge", expected: "the name of an authentication scheme", read: HeaderName.parse) ?? "ApiKey"
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
    keysFile = section.requiredFile("keysFile")
  }
}
