import Idempotency
import NIOCore
import Testing

@testable import IdempotencyWorker

@Suite("Heads: what is refused, what is passed on, and what is added")
struct PipelineHeadTests {
  // MARK: HopByHop

  @Test("fields of one connection, in any letter case")
  func connectionFields() {
    for name in [
      "Connection", "keep-alive", "TE", "Trailer", "Upgrade", "Expect", "Content-Length", "Proxy-Connection",
      "TRANSFER-ENCODING",
    ] {
      #expect(HopByHop.isConnectionField(name))
    }
    for name in ["Host", "X-TE", "Trailers", "Keep-Aliv", "Transfer_Encoding", "", "Proxy-Authorization"] {
      #expect(!HopByHop.isConnectionField(name))
    }
  }

  @Test("A6 trailers that decide something, in any letter case")
  func forbiddenTrailers() {
    for name in [
      "Idempotency-Status", "IDEMPOTENT-REPLAYED", "idempotency-key", "Content-Length", "Host", "Authorization",
      "X-FORWARDED-For", "Forwarded", "via", "Set-Cookie", "Transfer-Encoding", "Connection", "Cookie", "If-Match",
      "Cache-Control", "Prefer", "Proxy-Authorization", "X_Forwarded_For", "Idempotency_Attempt", "Content_Type",
      "X-HTTP-Method-Override", "X-HTTP-Method", "X_Method_Override", "Max-Forwards",
    ] {
      let fields = FieldLines.reading([name: "x"])
      #expect(HopByHop.isForbiddenTrailer(fields.lines[0], of: fields))
    }
    for name in ["X-Idempotency-Status", "Digest", "Server-Timing", "X-Sum", "Forward", "Via-X"] {
      let fields = FieldLines.reading([name: "x"])
      #expect(!HopByHop.isForbiddenTrailer(fields.lines[0], of: fields))
    }
  }

  @Test("the fields that Connection names, but for those that every recipient needs")
  func nominated() throws {
    let head = try RequestHead.reading([
      "Connection": "X-One ,, close,\tkeep-alive", "connection": "x-two, Host, Idempotency-Key, Idempotent-X, Via",
      "X": "y",
    ])
    #expect(HopByHop.nominated(head.framing) == ["x-one", "x-two"])
    #expect(HopByHop.nominated(try RequestHead.reading(["X": "Connection"]).framing) == [])
    #expect(HopByHop.nominated(head.framing, relied: ["x-two"]) == ["x-one"])
  }

  @Test("W3 names that CGI reads as a field of this layer, or as one that policies rely on, go in no direction")
  func aliases() throws {
    for name in [
      "Idempotency_Attempt", "IDEMPOTENCY_key", "Idempotency-Key_", "X_Forwarded_For", "X-Forwarded_Proto",
      "Content_Length", "Transfer_Encoding", "Keep_Alive",
    ] {
      #expect(FieldLines.reading([name: "x"]).lines.map(\.known) == [.alias], "\(name)")
    }
    for name in ["X_User", "_", "Hos_t", "Connection_", "_via"] {
      #expect(FieldLines.reading([name: "x"]).lines.map(\.known) == [.other], "\(name)")
    }
    let head = try RequestHead.reading([
      "Host": "a", "X_User": "bob", "X-Us_er": "eve", "X-User": "alice", "X_Other": "1",
    ])
    #expect(try RequestFields(head, relied: ["x-user"]).withheld == ["x_user"])
    // Where a policy relies on the name as it is, it is passed on.
    #expect(try RequestFields(head, relied: ["x-user", "x_user"]).withheld.isEmpty)
    let kept = try forwarded(["Host": "h", "X_Forwarded_For": "6.6.6.6", "Idempotency_Attempt": "9", "X_Other": "1"])
    #expect(kept["x_forwarded_for"] == [] && kept["idempotency_attempt"] == [] && kept["x_other"] == ["1"])
  }

  @Test("W12 names that ask for another method, spelled with `-` or `_`, are withheld unless they are to pass")
  func methodOverrides() throws {
    for name in [
      "X-HTTP-Method-Override", "x-http-method", "X-METHOD-override", "X_HTTP_Method_Override", "x-http_method",
    ] {
      #expect(FieldLines.reading([name: "x"]).lines.map(\.known) == [.methodOverride], "\(name)")
      let head = try RequestHead.reading(["Host": "a", name: "DELETE"])
      #expect(try RequestFields(head).withheld == [name.lowercased()])
      #expect(try RequestFields(head, dropsMethodOverride: false).withheld == [])
    }
    for name in ["X-HTTP-Methods", "X-HTTP-Method-", "X-Method-Overrid", "Y-HTTP-Method", "X-HTTP--Method-Override"] {
      #expect(FieldLines.reading([name: "x"]).lines.map(\.known) == [.other], "\(name)")
    }
    // Where they pass, a policy may rely on one, and its twin does not pass.
    let twins = try RequestHead.reading(["Host": "a", "X-HTTP-Method": "PUT", "X_HTTP_Method": "DELETE"])
    #expect(
      try RequestFields(twins, relied: ["x-http-method"], dropsMethodOverride: false).withheld == ["x_http_method"])
  }

  @Test("names are compared as a whole, prefixes as prefixes")
  func names() {
    #expect("X-Forwarded-For".isField("x-forwarded-for"))
    #expect(!"X-Forwarded-Fo".isField("x-forwarded-for"))
    #expect(!"X-Forwarded-For-".isField("x-forwarded-for"))
    #expect("X-FORWARDED-".beginsField("x-forwarded-"))
    #expect("X-Forwarded-Prefix".beginsField("x-forwarded-"))
    #expect(!"X-Forwarded".beginsField("x-forwarded-"))
    #expect(!"Y-Forwarded-For".beginsField("x-forwarded-"))
    #expect(!"[-forwarded-for".beginsField("{-forwarded-"))
  }

  // MARK: RequestFields

  func problem(
    _ fields: KeyValuePairs<String, String> = ["Host": "a"], method: String = "POST", target: String = "/a",
    minor: Int = 1
  ) -> Int? {
    do throws(BadMessage) {
      _ = try RequestFields(RequestHead.reading(fields, method: method, target: target, minor: minor))
      return nil
    } catch {
      return error.status
    }
  }

  @Test("hosts")
  func hosts() {
    for host in ["a", "a.example:8080", "[::1]:80", "127.0.0.1", "", " a "] { #expect(problem(["Host": host]) == nil) }
    for host in ["a, b", "a/b", "u@a", "a b", "a\"", "a;b=\"", "a\\b", "a?b", "a#b", "\u{E9}"] {
      #expect(problem(["Host": host]) == 400, "\(host)")
    }
    #expect(problem(["Host": "a", "host": "a"]) == 400)
    #expect(problem([:]) == 400)
    #expect(problem([:], minor: 0) == nil)
  }

  @Test("lengths")
  func lengths() throws {
    for length in ["0", "2", " 2", "2 ", "\t2\t", "0000000000000000000000002"] {
      let head = try RequestHead.reading(["Content-Length": length])
      #expect(head.framing.contentLength == Int(length.filter(\.isNumber)))
    }
    for length in ["", "2 2", "2, 2", "+2", "-2", "0x2", "two", "2.0", "\u{B2}"] {
      #expect(problem(["Host": "a", "Content-Length": length]) == 400, "\(length)")
    }
    for length in ["1099511627777", "9223372036854775808", "18446744073709551615", "99999999999999999999999999"] {
      #expect(problem(["Host": "a", "Content-Length": length]) == 413, "\(length)")
    }
    #expect(problem(["Host": "a", "Content-Length": "2", "content-length": "2"]) == 400)
  }

  @Test("codings")
  func codings() {
    for coding in ["chunked", "Chunked", " chunked ", "CHUNKED"] {
      #expect(problem(["Host": "a", "Transfer-Encoding": coding]) == nil)
    }
    for coding in ["gzip", "gzip, chunked", "chunked, chunked", "identity", ""] {
      #expect(problem(["Host": "a", "Transfer-Encoding": coding]) == 501)
    }
    #expect(problem(["Host": "a", "Transfer-Encoding": "chunked", "transfer-encoding": "chunked"]) == 400)
    #expect(problem(["Host": "a", "Transfer-Encoding": "chunked"], minor: 0) == 400)
    #expect(problem(["Host": "a", "Transfer-Encoding": "chunked", "Content-Length": "2"]) == 400)
  }

  @Test("targets")
  func targets() {
    for target in ["/", "//a", "/a?b#c", "http://a", "HTTP://a/b", "https://[::1]:1/", "http://a?b"] {
      #expect(problem(target: target) == nil, "\(target)")
    }
    for target in ["*", "a", "http:///a", "http://u@a/", "ftp://a/", "http:/a", "javascript://a", "?a"] {
      #expect(problem(target: target) == 400, "\(target)")
    }
    #expect(problem(method: "OPTIONS", target: "*") == nil)
    #expect(problem(method: "CONNECT", target: "a:1") == 405)
  }

  @Test("what is read of a head: the first Expect, an upgrade, the fields that Connection names")
  func fields() throws {
    func fields(_ fields: KeyValuePairs<String, String>, minor: Int = 1) throws -> RequestFields {
      try RequestFields(RequestHead.reading(fields, minor: minor))
    }
    #expect(try fields(["Host": "h:1"]).host?.text == "h:1")
    #expect(try fields(["Host": "h", "Expect": "100-Continue"]).expectsContinue)
    #expect(try !fields(["Host": "h", "Expect": "100-continue"], minor: 0).expectsContinue)
    #expect(try !fields(["Host": "h", "Expect": "x", "expect": "100-continue"]).expectsContinue)
    #expect(try fields(["Host": "h", "Upgrade": "x"]).asksForUpgrade)
    #expect(try fields(["Host": "h", "Connection": "X-A", "connection": "close, X-b"]).withheld == ["x-a", "x-b"])
  }

  // MARK: Forwarded

  func forwarded(
    _ fields: KeyValuePairs<String, String>, target: String = "/a", minor: Int = 1, client: String? = "192.0.2.7",
    trusted: Bool = false, framing: BodyFraming = .none, attempt: Int? = nil
  ) throws -> Lines {
    let address = try client.map { try SocketAddress(ipAddress: $0, port: 1) }
    let ranges = try trusted ? [#require(AddressRange(client ?? "::1"))] : []
    let head = try RequestHead.reading(fields, method: "GET", target: target, minor: minor)
    let request = OriginRequest(
      head: head, withheld: HopByHop.nominated(head.framing),
      client: ClientAddress(address, scheme: "https", trusted: ranges), framing: framing, attempt: attempt)
    var writer = HeadWriter(ByteBuffer())
    request.write(to: &writer)
    let lines = String(buffer: writer.buffer).split(separator: "\r\n", omittingEmptySubsequences: false)
    #expect(lines.first == "GET \(target) HTTP/1.1" && lines.suffix(2) == ["", ""])
    return Lines(
      all: try lines.dropFirst().dropLast(2).map { line in
        let colon = try #require(line.firstRange(of: ": "))
        return (line[..<colon.lowerBound].lowercased(), String(line[colon.upperBound...]))
      })
  }

  /// Field lines, by their names in lower case.
  struct Lines {
    let all: [(name: String, value: String)]

    subscript(name: String) -> [String] { all.filter { $0.name == name }.map(\.value) }
  }

  @Test("an untrusted client: nothing of what it says, all of what is known")
  func untrusted() throws {
    let fields = try forwarded([
      "Host": "h:1", "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Host": "e", "X-Forwarded-Proto": "p",
      "X-Forwarded-Prefix": "e", "X-Forwarded-Anything-Else-At-All": "e", "Forwarded": "for=e", "X-Forwarded": "kept",
      "Idempotency-Attempt": "9",
    ])
    #expect(fields["x-forwarded-for"] == ["192.0.2.7"])
    #expect(fields["x-forwarded-host"] == ["h:1"])
    #expect(fields["x-forwarded-proto"] == ["https"])
    #expect(fields["forwarded"] == ["for=192.0.2.7;proto=https;host=\"h:1\""])
    #expect(fields["x-forwarded-prefix"] == [] && fields["x-forwarded-anything-else-at-all"] == [])
    #expect(fields["x-forwarded"] == ["kept"])
    #expect(fields["idempotency-attempt"] == [])
    #expect(fields["via"] == ["1.1 idempotency"])
  }

  @Test("a trusted one: lines in their order, then the client itself")
  func trusted() throws {
    let fields = try forwarded(
      [
        "X-Forwarded-For": "1.1.1.1", "Via": "1.0 a", "x-forwarded-for": "2.2.2.2, 3.3.3.3", "Forwarded": "for=a",
        "via": "1.1 b", "forwarded": "for=b", "Host": "h", "X-Forwarded-Host": "outer", "X-Forwarded-Prefix": "/v1",
      ], client: "2001:db8::7", trusted: true)
    #expect(fields["x-forwarded-for"] == ["1.1.1.1, 2.2.2.2, 3.3.3.3, 2001:db8::7"])
    #expect(fields["via"] == ["1.0 a, 1.1 b, 1.1 idempotency"])
    #expect(fields["forwarded"] == ["for=a, for=b, for=\"[2001:db8::7]\";proto=https;host=\"h\""])
    #expect(fields["x-forwarded-host"] == ["outer"])
    #expect(fields["x-forwarded-prefix"] == ["/v1"])
  }

  @Test("a trusted proxy's Forwarded that is no list is replaced, for its open quote would take in what follows")
  func malformedForwarded() throws {
    for list in [
      "for=\"a", "for=a\"", "for", "for=", "=a", "for=a b", "for=\"a\\\"", "for=a, \"", "for=\"a\"b", "f r=a",
    ] {
      #expect(!ForwardedField.isList(list), "\(list)")
      let fields = try forwarded(["Host": "h", "Forwarded": "for=x", "forwarded": list], trusted: true)
      #expect(fields["forwarded"] == ["for=192.0.2.7;proto=https;host=\"h\""], "\(list)")
    }
    for list in [
      "for=a", "for=\"a, b;\\\"\";proto=http", "for=a;by=b, for=c ,, for=192.0.2.1:80", "", "for=\"[::1]:80\" ;host=h",
    ] {
      #expect(ForwardedField.isList(list), "\(list)")
    }
  }

  @Test("where a trusted proxy sends X-Forwarded-* only, Forwarded says the same")
  func derivedForwarded() throws {
    let fields = try forwarded(
      [
        "Host": "h", "X-Forwarded-For": "1.1.1.1, 2001:db8::1,[::2]:80, a\"b", "X-Forwarded-Proto": "http",
        "X-Forwarded-Host": "outer:8080",
      ], trusted: true)
    #expect(
      fields["forwarded"] == [
        "for=1.1.1.1;proto=http;host=\"outer:8080\", for=\"[2001:db8::1]\", for=\"[::2]:80\", for=unknown, "
          + "for=192.0.2.7;proto=https;host=\"h\""
      ])
    // An untrusted client says nothing of the kind.
    let untrusted = try forwarded(["Host": "h", "X-Forwarded-For": "1.1.1.1"])
    #expect(untrusted["forwarded"] == ["for=192.0.2.7;proto=https;host=\"h\""])
  }

  @Test("a client without an address, and a request without a host")
  func unknown() throws {
    let fields = try forwarded(["X-Forwarded-For": "6.6.6.6"], minor: 0, client: nil)
    #expect(fields["x-forwarded-for"] == [] && fields["x-forwarded-host"] == [])
    #expect(fields["forwarded"] == ["for=unknown;proto=https"])
    #expect(fields["via"] == ["1.0 idempotency"])
  }

  @Test("absolute form replaces Host; framing and attempt are made anew")
  func framing() throws {
    let absolute = try forwarded(
      ["Host": "h", "Content-Length": "9", "Connection": "X-A", "X-A": "1"],
      target: "http://t:2/a", framing: .length(3), attempt: 12)
    #expect(absolute["host"] == ["t:2"] && absolute["x-forwarded-host"] == ["t:2"])
    #expect(absolute["content-length"] == ["3"] && absolute["transfer-encoding"] == [])
    #expect(absolute["idempotency-attempt"] == ["12"] && absolute["x-a"] == [] && absolute["connection"] == [])
    let chunked = try forwarded(["Host": "h", "Content-Length": "9"], framing: .chunked)
    #expect(chunked["content-length"] == [] && chunked["transfer-encoding"] == ["chunked"])
    let none = try forwarded(["Host": "h", "Content-Length": "9"], framing: .none)
    #expect(none["content-length"] == [] && none["transfer-encoding"] == [])
  }
}
