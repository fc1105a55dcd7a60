import Testing

@testable import Idempotency

@Suite struct AuthorityTests {
  @Test(
    "F2, W4 equal authorities have one text",
    arguments: [
      ("API.Example.com", "http", "api.example.com"), ("h:80", "http", "h"), ("h:80", "https", "h:80"),
      ("h:443", "HTTPS", "h"), ("h:", "http", "h"), ("h:8080", "http", "h:8080"), ("h:80", "x", "h:80"),
      ("h:0443", "https", "h"), ("h.", "http", "h."), ("H.:080", "http", "h."),
      ("%61pi%2Eexample.com", "http", "api.example.com"),
      ("a%2fb", "http", "a%2Fb"), ("127.0.0.1:80", "http", "127.0.0.1"), ("a_b", "http", "a_b"),
      ("[::1]:80", "http", "[::1]"), ("[::80]", "http", "[::80]"), ("[0:0:0::0:1]:081", "http", "[::1]:81"),
      ("[::FFFF:A00:1]", "http", "[::ffff:10.0.0.1]"),
    ])
  func texts(spelling: String, scheme: String, expected: String) {
    let authority = Authority(spelling, scheme: scheme)
    #expect(authority.isWellFormed)
    #expect(authority.text == expected)
    #expect(Authority(expected, scheme: scheme).text == expected)
  }

  @Test(
    "W4 one spelling is plain, but for letter case and the scheme's own port",
    arguments: [
      ("api.example.com", true), ("API.example.com:80", true), ("a-b_c.d:8080", true), ("a1.2b", true),
      ("10.0.0.1", true), ("a.0b", true), ("1.2.3.4x", true),
      ("[::1]:81", true), ("localhost", true),
      ("api.example.com.", false), ("api..example.com", false), (".example.com", false), (".", false),
      ("h:", false), ("h:080", false), ("%61pi.example.com", false), ("a%00", false), ("a;b", false), ("a~b", false),
      ("127.1", false), ("a.1", false), ("a.0x", false), ("0x7f.0.0.1", false), ("0x7f000001", false),
      ("2130706433", false), ("010.0.0.1", false),
    ])
  func plain(spelling: String, expected: Bool) {
    let authority = Authority(spelling, scheme: "http")
    #expect(authority.isWellFormed)
    #expect(authority.isPlain == expected)
  }

  @Test(
    "W4 what is no host and port",
    arguments: [
      "", ":80", "h:x", "h:+80", "h:-1", "h: 80", "h:65536", "h:99999999999999999999", "h:80:80", "a b", " h", "h\t",
      "h,i",
      "u@h", "h/", "h?", "h#", "h\\", "%", "%4", "%zz", "[::1", "[::1]x", "[]", "[1.2.3.4]", "[::1%25lo]", "[v1.a]",
      "::1",
      "\u{E9}.example", String(repeating: "a", count: 1_025) + ".",
    ])
  func malformed(spelling: String) {
    let authority = Authority(spelling, scheme: "http")
    #expect(!authority.isWellFormed && !authority.isPlain)
    #expect(authority.text == spelling.lowercased())
  }

  @Test(
    "W4 a policy's host guards every port, with a port that one",
    arguments: [
      ("h", "h", true), ("h", "H:80", true), ("h", "h:8080", true), ("h", "h.:8080", false), ("h", "hh", false),
      ("h:80", "h", true), ("h:80", "h:80", true), ("h:80", "h:8080", false), ("h:8080", "h", false),
      ("h:80", "i:80", false),
      ("hh", "h", false), ("[::1]", "[0::1]:9", true),
    ])
  func covering(policy: String, request: String, expected: Bool) {
    #expect(Authority(policy, scheme: "").covers(Authority(request, scheme: "http")) == expected)
  }
}
