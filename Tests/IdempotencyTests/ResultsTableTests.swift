import Idempotency
import Testing

@Suite("Results by status")
struct ResultsTableTests {
  private func ranges(_ texts: String...) throws -> [StatusRange] {
    try texts.map { try #require(StatusRange($0)) }
  }

  @Test("E9 E10 the defaults")
  func defaults() {
    for status in 100...599 {
      let expected: StatusVerdict =
        switch status {
        case 401, 407, 408, 425, 429: .released
        case 502, 503, 504: .uncertain
        default: .stored
        }
      #expect(ResultsTable.default.verdict(status: status, hasRetryAfter: false) == expected)
      #expect(
        ResultsTable.default.verdict(status: status, hasRetryAfter: true) == (status == 503 ? .released : expected))
    }
  }

  @Test("no arguments are the defaults, and so are the defaults written out but for Retry-After")
  func spelledOut() throws {
    #expect(try ResultsTable() == .default)
    let table = try ResultsTable(
      stored: ranges("2xx-5xx"), released: ranges("401", "407", "408", "425", "429"),
      uncertain: ranges("502", "503", "504"))
    for status in 100...599 {
      #expect(
        table.verdict(status: status, hasRetryAfter: false)
          == ResultsTable.default.verdict(status: status, hasRetryAfter: false))
    }
    #expect(!table.releasesRetryAfter)
  }

  @Test("a list that is given replaces its default, the others stay")
  func replaces() throws {
    let table = try ResultsTable(released: ranges("422"))
    #expect(table.verdict(status: 422, hasRetryAfter: false) == .released)
    #expect(table.verdict(status: 429, hasRetryAfter: false) == .stored)
    #expect(table.verdict(status: 502, hasRetryAfter: false) == .uncertain)
    #expect(try ResultsTable(uncertain: []).verdict(status: 502, hasRetryAfter: false) == .stored)
  }

  @Test("the narrower entry wins over lists and within one")
  func narrower() throws {
    let table = try ResultsTable(
      stored: ranges("2xx-5xx", "404"), released: ranges("4xx", "500-509"), uncertain: ranges("5xx", "503"))
    let expected: [(Int, StatusVerdict)] = [
      (200, .stored), (400, .released), (404, .stored), (500, .released), (503, .uncertain), (509, .released),
      (510, .uncertain),
    ]
    for (status, verdict) in expected { #expect(table.verdict(status: status, hasRetryAfter: false) == verdict) }
  }

  @Test("D5 released: [5xx] leaves the narrower defaults uncertain until that list is given too")
  func dwolla() throws {
    #expect(try ResultsTable(released: ranges("5xx")).verdict(status: 502, hasRetryAfter: false) == .uncertain)
    let table = try ResultsTable(released: ranges("5xx"), uncertain: [])
    #expect((500...599).allSatisfy { table.verdict(status: $0, hasRetryAfter: false) == .released })
  }

  @Test("equal width in two lists is an error, defaults included")
  func contradiction() throws {
    let error = #expect(throws: ResultsTableError.self) { try ResultsTable(released: ranges("503")) }
    #expect(error?.status == 503)
    #expect(error?.lists == [.released, .uncertain])
    #expect(throws: ResultsTableError.self) { try ResultsTable(stored: ranges("4xx"), released: ranges("4xx")) }
    #expect(throws: ResultsTableError.self) {
      try ResultsTable(released: ranges("400-410"), uncertain: ranges("410-420"))
    }
    #expect(throws: ResultsTableError.self) { try ResultsTable(released: ranges("2xx-5xx"), uncertain: []) }
  }

  @Test("equal width is no contradiction where a narrower entry of a third list decides, or in one list")
  func noContradiction() throws {
    let table = try ResultsTable(stored: ranges("410"), released: ranges("400-410"), uncertain: ranges("410-420"))
    #expect(table.verdict(status: 410, hasRetryAfter: false) == .stored)
    #expect(try ResultsTable(uncertain: ranges("503", "503")).verdict(status: 503, hasRetryAfter: false) == .uncertain)
  }

  @Test("E10 503 with Retry-After is released only if no given entry names 503")
  func retryAfter() throws {
    #expect(try ResultsTable(released: ranges("5xx")).verdict(status: 503, hasRetryAfter: true) == .released)
    #expect(try ResultsTable(stored: ranges("5xx")).verdict(status: 503, hasRetryAfter: true) == .released)
    #expect(try ResultsTable(uncertain: ranges("503")).verdict(status: 503, hasRetryAfter: true) == .uncertain)
    #expect(try ResultsTable(stored: ranges("503"), uncertain: []).verdict(status: 503, hasRetryAfter: true) == .stored)
  }

  @Test(
    "a status in no entry, and one that is none, is stored", arguments: [-1, 0, 99, 100, 250, 450, 600, 999, Int.max])
  func elsewhere(status: Int) throws {
    let table = try ResultsTable(stored: [], released: [], uncertain: [])
    #expect(table.verdict(status: status, hasRetryAfter: false) == .stored)
  }

  @Test(
    "status ranges read and write",
    arguments: [
      ("503", 503...503, "503"), ("4xx", 400...499, "4xx"), ("4XX", 400...499, "4xx"),
      ("2xx-5xx", 200...599, "2xx-5xx"),
      ("500-599", 500...599, "5xx"), ("200-4xx", 200...499, "2xx-4xx"), ("503-503", 503...503, "503"),
      ("100-105", 100...105, "100-105"),
    ])
  func statusRange(text: String, codes: ClosedRange<Int>, description: String) throws {
    let range = try #require(StatusRange(text))
    #expect(range.codes == codes)
    #expect(range.description == description)
    #expect(StatusRange(range.description) == range)
  }

  @Test(
    "what is no range is refused",
    arguments: [
      "", "5", "50", "5000", "6xx", "0xx", "5x3", "x03", "599-500", "5xx-4xx", "200-", "-200", "2xx-3xx-4xx", "2xx,3xx",
      "600", "099", " 503",
    ])
  func notARange(text: String) {
    #expect(StatusRange(text) == nil)
    #expect(StatusRange(600) == nil)
    #expect(StatusRange(99...200) == nil)
  }
}
