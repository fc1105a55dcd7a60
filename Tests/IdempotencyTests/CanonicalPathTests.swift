import Idempotency
import Testing

@Suite("Canonical path")
struct CanonicalPathTests {
  @Test(
    "F2 unreserved characters are decoded, encodings upper-cased, a trailing slash dropped, the case kept",
    arguments: [
      ("/", "/"), ("/a", "/a"), ("/a/", "/a"), ("/A/b", "/A/b"), ("/%61%2d%5F%7e", "/a-_~"), ("/a%3ab", "/a%3Ab"),
      ("/a%2fb", "/a%2Fb"), ("/%c3%A9", "/%C3%A9"), ("/%2561", "/%2561"), ("/a%", "/a%"), ("/a%4", "/a%4"),
      ("/%zz", "/%zz"),
      ("/%%34%31", "/%41"), ("/a;b=c,d/e", "/a;b=c,d/e"), ("/a%2F", "/a%2F"), ("/é", "/é"), ("*", "*"),
    ])
  func text(target: String, expected: String) {
    #expect(CanonicalPath(target: target).text == expected)
  }

  @Test("a trailing slash counts where a policy says so")
  func trailingSlash() {
    let path = CanonicalPath(target: "/a/%62/?q")
    #expect(path.hasTrailingSlash)
    #expect(path.text(trailingSlashCounts: true) == "/a/b/")
    #expect(path.text(trailingSlashCounts: false) == "/a/b")
    #expect(CanonicalPath(target: "/").text(trailingSlashCounts: true) == "/")
    #expect(CanonicalPath(target: "/a").text(trailingSlashCounts: true) == "/a")
  }

  @Test(
    "F2 the query is kept as it came",
    arguments: [
      ("/a", nil), ("/a?", ""), ("/a?x=%61&y", "x=%61&y"), ("/a?b?c", "b?c"), ("/a?//..", "//.."), ("http://h?q", "q"),
    ])
  func query(target: String, expected: String?) {
    let path = CanonicalPath(target: target)
    #expect(path.query == expected)
    #expect(!path.isSuspicious)
  }

  @Test(
    "targets in absolute form, authority form and the asterisk",
    arguments: [
      ("http://h/a/b?q", "/a/b", "h"), ("HTTPS://H:1", "/", "H:1"), ("http://h?q", "/", "h"),
      ("http://[::1]:8/x", "/x", "[::1]:8"),
      ("h:443", "h:443", nil), ("*", "*", nil), ("", "", nil), ("/http://x/y", "/http://x/y", nil),
      ("://h/a", "://h/a", nil),
    ])
  func forms(target: String, text: String, authority: String?) {
    let path = CanonicalPath(target: target)
    #expect(path.text == text)
    #expect(path.authority == authority)
  }

  @Test(
    "A1 suspicious paths",
    arguments: [
      "//a", "/a//b", "/a//", "/./a", "/a/.", "/a/..", "/a/../b", "/a/%2e%2e/b", "/a%2Eb", "/a%2fb", "/a%5Cb", "/a%5cb",
      "/a\\b",
      "/a%00", "/a\u{0}", "/a#b", "/a/..;/b", "/a/.;x", "//", "http://h//a", "/a/.%2e/b",
    ])
  func suspicious(target: String) {
    #expect(CanonicalPath(target: target).isSuspicious)
  }

  @Test(
    "A1 paths that no router reads otherwise",
    arguments: [
      "/", "/a", "/a/", "/a.b/.c/d..", "/...", "/a;x", "/a%3Ab", "/a%252fb", "/.well-known/x", "/a?b=//../", "*",
      "h:443", "/%",
    ])
  func harmless(target: String) {
    #expect(!CanonicalPath(target: target).isSuspicious)
  }
}
