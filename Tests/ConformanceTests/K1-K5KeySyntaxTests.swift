import Idempotency
import Testing
@testable import Harness

@Suite("K1–K5: how a key is written", .eachKind, .timeLimit(.minutes(10)))
struct KeySyntaxTests {
  @Test("K1 the field's name may have any letter case")
  func fieldName() async throws {
    try await withCluster { cluster in
      let key = freshKey()
      let names = ["Idempotency-Key", "idempotency-key", "IDEMPOTENCY-KEY", "iDeMpOtEnCy-kEy"]
      var replies: [Reply] = []
      for (index, name) in names.enumerated() {
        let call = Call().with { $0.fields.append(Field(name, key)) }
        replies.append(try await cluster.sendRaw(call, host: "shop.example", to: index % 2))
      }
      expectExecuted(replies[0])
      for (reply, name) in zip(replies, names).dropFirst() { expectReplay(reply, of: replies[0], "\(name)") }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test(#"K2 in a string only \" and \\ are escapes"#)
  func escapes() async throws {
    try await withCluster { cluster in
      // The quoted form, and the bare form of the same key.
      let pairs = [
        (#""plain""#, "plain"), (#""a\"b""#, #"a"b"#), (#""a\\b""#, #"a\b"#), (#""\\\"""#, #"\""#),
        (#""a,b""#, nil), (#""a;b=1""#, "a;b=1"), (#""a b  c""#, "a b  c"), (#"" lead""#, nil),
        (#""~!@#$%^&*()""#, "~!@#$%^&*()"),
      ]
      for (quoted, bare) in pairs {
        let first = try await cluster.send(Call(key: quoted))
        expectExecuted(first, "\(quoted)")
        expectReplay(try await cluster.send(Call(key: quoted), to: 1), of: first, "\(quoted)")
        if let bare { expectReplay(try await cluster.send(Call(key: bare), to: 1), of: first, "\(quoted) as \(bare)") }
      }
      #expect(cluster.origin.calls.count == pairs.count)
    }
  }

  @Test("K2 another escape, a missing quote, something behind the quote are malformed, strict or not")
  func malformedStrings() async throws {
    for strict in [false, true] {
      try await withCluster(ClusterOptions(policies: [.payments { $0.isKeyStrict = strict }])) { cluster in
        for value in [
          #""a\nb""#, #""a\u0041""#, #""a\/b""#, #""\ ""#, #""abc"#, #"""#, #""a\"#, #""a\""#, #""a"b"#, #""a" b"#,
          #""a""b""#, #""a"""#, #""a";"#, #""a";;"#, #""a";A=1"#, #""a";b=,"#, #""a" ;b=1"#, #""a","#, #""a", "#,
        ] {
          try expect(try await cluster.send(Call(key: value)), is: "key-malformed")
          #expect(cluster.origin.calls.isEmpty, "\(value), strict: \(strict)")
        }
        try await cluster.expectUntouched()
      }
    }
  }

  @Test("K3 parameters of a string are ignored")
  func parameters() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.isKeyStrict = true }])) { cluster in
      let first = try await cluster.send(Call(key: #""k""#))
      expectExecuted(first)
      for value in [#""k";a=1"#, #""k";a"#, #""k"; a=1;b="x,y""#, #""k";a=:aGk=:;c=?0"#, #""k";a=token;*b=2.5"#] {
        expectReplay(try await cluster.send(Call(key: value), to: 1), of: first, "\(value)")
      }
      #expect(cluster.origin.calls.count == 1)
    }
  }

  @Test("K4 a bare value is the same key as the quoted one")
  func bare() async throws {
    try await withCluster { cluster in
      for key in [freshKey(), "k", "order_2026-11-21/0001", "a=b", "((", "0", "*", "a;b", "x\"y"] {
        let quoted = "\"" + key.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"") + "\""
        let first = try await cluster.send(Call(key: key))
        expectExecuted(first, "\(key)")
        expectReplay(try await cluster.send(Call(key: quoted), to: 1), of: first, "\(quoted)")
      }
    }
  }

  @Test("K4 with strict only the quoted form is a key")
  func strict() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.isKeyStrict = true }])) { cluster in
      for value in ["k", freshKey(), "a b", "k;a=1", "'k'"] {
        try expect(try await cluster.send(Call(key: value)), is: "key-malformed")
      }
      try await cluster.expectUntouched()
      expectExecuted(try await cluster.send(Call(key: "\"\(freshKey())\"")))
    }
  }

  @Test("K5 a bare value with a comma is malformed")
  func comma() async throws {
    try await withCluster { cluster in
      for value in ["a,b", "a, b", ",", "a,", ",a", "a,\"b\"", "(a,b)"] {
        try expect(try await cluster.send(Call(key: value)), is: "key-malformed")
      }
      try await cluster.expectUntouched()
    }
  }

  @Test("K5 semicolons and inner blanks belong to a bare key, outer blanks do not")
  func blanks() async throws {
    try await withCluster { cluster in
      // Each is a key of its own.
      let keys = ["a;b=1", "a;b=2", "a", "a b", "a  b", "a;", "a ;"]
      for key in keys { expectExecuted(try await cluster.send(Call(key: key)), "\(key)") }
      #expect(cluster.origin.calls.count == keys.count)

      let first = try await cluster.sendRaw(Call(key: "padded"), host: "shop.example")
      expectExecuted(first)
      for value in ["   padded", "padded   ", "\t padded \t", "  \"padded\"  "] {
        let reply = try await cluster.sendRaw(Call(key: value), host: "shop.example", to: 1)
        expectReplay(reply, of: first, "\(value)")
      }
    }
  }

  static let otherTypes = ["42", "-7.5", "(a b)", ":aGVsbG8=:", "?1", "@1659578233", "%\"x\"", "token", "*t/x:y"]

  @Test("K5 the raw text of another structured type is the key", arguments: otherTypes)
  func otherType(value: String) async throws {
    try await withCluster { cluster in
      let first = try await cluster.send(Call(key: value))
      expectExecuted(first)
      let quoted = "\"" + value.replacing("\"", with: "\\\"") + "\""
      expectReplay(try await cluster.send(Call(key: quoted), to: 1), of: first)
    }
  }

  @Test("K5 another structured type is malformed with strict")
  func otherTypesStrict() async throws {
    try await withCluster(ClusterOptions(policies: [.payments { $0.isKeyStrict = true }])) { cluster in
      for value in Self.otherTypes { try expect(try await cluster.send(Call(key: value)), is: "key-malformed") }
      try await cluster.expectUntouched()
    }
  }
}
