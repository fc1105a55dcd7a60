import Idempotency
import Testing

@Suite("Path patterns")
struct PathPatternTests {
  @Test(
    "A1 what matches",
    arguments: [
      ("/", "/"), ("/a", "/a"), ("/a", "/a/"), ("/a/", "/a"), ("/wallets/{id}/transfers", "/wallets/w1/transfers"),
      ("/**", "/"), ("/**", "/a/b"), ("/a/**", "/a"), ("/a/**", "/a/"), ("/a/**", "/a/b/c"), ("/a/{x}/**", "/a/b"),
      ("/a", "/%61"), ("/pay:now", "/pay%3Anow"), ("/pay%3anow", "/pay:now"), ("/café", "/caf%C3%A9"),
      ("/{x}", "/a%2Fb"), ("/a", "/a?b"),
      ("/a", "http://h/a"), ("/{x}", "/é"),
    ])
  func matches(pattern: String, target: String) throws {
    #expect(try PathPattern(pattern).match(CanonicalPath(target: target)) != nil)
  }

  @Test(
    "A1 what does not match",
    arguments: [
      ("/", "/a"), ("/a", "/"), ("/a", "/A"), ("/a", "/ab"), ("/ab", "/a"), ("/a", "/a/b"), ("/a/{x}", "/a"),
      ("/a/{x}", "/a/"),
      ("/a/{x}/b", "/a//b"), ("/a/{x}", "/a/b/c"), ("/a/**", "/ab"), ("/a/{x}/**", "/a"), ("/**", "*"),
      ("/**", "h:443"), ("/a/b", "/a%2Fb"),
      ("/{x}", "/"), ("/a", ""), ("/caf\u{E9}", "/cafe%CC%81"), ("/a", "/a%00"),
    ])
  func doesNotMatch(pattern: String, target: String) throws {
    #expect(try PathPattern(pattern).match(CanonicalPath(target: target)) == nil)
  }

  @Test("letter case and trailing slash count as the policy says")
  func options() throws {
    let pattern = try PathPattern("/Wallets/{id}")
    #expect(pattern.match(CanonicalPath(target: "/wALLETS/X"), caseSensitive: false)?.encoded("id") == "X")
    #expect(pattern.match(CanonicalPath(target: "/wallets/X")) == nil)
    let slashed = try PathPattern("/a/")
    #expect(slashed.match(CanonicalPath(target: "/a/"), trailingSlashCounts: true) != nil)
    #expect(slashed.match(CanonicalPath(target: "/a"), trailingSlashCounts: true) == nil)
    #expect(try PathPattern("/a").match(CanonicalPath(target: "/a/"), trailingSlashCounts: true) == nil)
    #expect(try PathPattern("/a/**").match(CanonicalPath(target: "/a/b/"), trailingSlashCounts: true) != nil)
  }

  @Test("N4 parameters, encoded as in the canonical path and decoded")
  func parameters() throws {
    let parameters = try #require(try PathPattern("/a/{x}/b/{y-1}").match(CanonicalPath(target: "/a/%7e%2f/b/q%C3%A9")))
    #expect(parameters.encoded("x") == "~%2F")
    #expect(parameters.decoded("x") == "~/")
    #expect(parameters.decoded("y-1") == "qé")
    #expect(parameters.encoded("z") == nil)
    #expect(try PathPattern("/{x}").match(CanonicalPath(target: "/%FF"))?.decoded("x") == nil)
  }

  @Test(
    "what is no pattern is refused",
    arguments: [
      ("", PathPatternError.noLeadingSlash), ("a", .noLeadingSlash), ("/a//b", .emptySegment), ("//", .emptySegment),
      ("/{}", .badParameter),
      ("/{a}.json", .badParameter), ("/x{a}", .badParameter), ("/{a/b}", .badParameter), ("/{a b}", .badParameter),
      ("/{a}/{a}", .duplicateParameter),
      ("/**/a", .restNotLast), ("/*", .badWildcard), ("/a*", .badWildcard), ("/***", .badWildcard),
      ("/a?b", .badCharacter), ("/a b", .badCharacter),
      ("/a#b", .badCharacter), ("/a\\b", .badCharacter), ("/%zz", .badEncoding), ("/%FF", .badEncoding),
      ("/a%2Fb", .badEncoding), ("/..", .dotSegment),
      ("/a/./b", .dotSegment), ("/%2e%2E", .dotSegment), ("/%00", .badEncoding),
    ])
  func malformed(text: String, expected: PathPatternError) {
    #expect(#expect(throws: PathPatternError.self) { try PathPattern(text) } == expected)
  }

  @Test(
    "A1 ambiguous spellings of a guarded path",
    arguments: [
      "/wallets//w1/transfers", "//wallets/w1/transfers", "/x/../wallets/w1/transfers", "/wallets/w1/./transfers",
      "/wallets/w1/%2e/transfers",
      "/wallets%2Fw1/transfers", "/wallets%2fw1%2ftransfers", "/wallets\\w1\\transfers", "/wallets%5Cw1/transfers",
      "/wallets/w1/transfers%00",
      "/wallets/w1/transfers%00.txt", "/wallets/w1/transfers#x", "/wallets/w1/x/%2e%2e/transfers",
      "/x/..;/wallets/w1/transfers", "/../wallets/w1/transfers",
      "/wallets/w%2E1/transfers", "/wallets/w%5C1/transfers", "/wallets/w1//transfers/", "/%77allets//w1/transfers",
    ])
  func ambiguous(target: String) throws {
    let pattern = try PathPattern("/wallets/{id}/transfers")
    #expect(pattern.isAmbiguous(CanonicalPath(target: target)))
  }

  @Test(
    "A1 every other path is left alone",
    arguments: [
      "/wallets/w1/transfers", "/wallets/w1/transfers/", "/wallets//transfers", "/wallets/w1/../transfers",
      "/wallets/w1/transfers/..", "/a//b",
      "/wallets/w1/transfers?x=//..", "/wallets/w1/transfers%2Fx", "*",
    ])
  func unambiguous(target: String) throws {
    #expect(try !PathPattern("/wallets/{id}/transfers").isAmbiguous(CanonicalPath(target: target)))
  }
}
