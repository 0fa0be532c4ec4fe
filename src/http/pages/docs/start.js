// Starts the page. The token of a login goes with what is sent next; it is kept in the page alone.
"use strict";

// Where the server is: a proxy may have put it under a prefix.
const base = new URL("..", document.currentScript.src);
const at = (path) => new URL(path, base).href;

// The document as the page shows it: with the server's address, for the curl lines too, and with its marks in Portuguese.
function shown(text) {
    const document = JSON.parse(text.replaceAll("[ours]", "[nosso]"));
    document.servers = [{ url: at(".").replace(/\/$/, "") }];
    return JSON.stringify(document);
}

// The first text of a refusal, and how many more it has.
function short(description) {
    const [first, ...others] = description.trim().split("\n").map((line) => line.replace(/^- /, ""));
    const text = first.replaceAll("`", "").replace(/ \[[^\]]*\]$/, "");
    return others.length ? `${text} … e mais ${others.length}` : text;
}

// An operation shows its good answer. What else it may answer is a line each, to be opened.
const Folded = ({ React }) => ({
    wrapComponents: {
        response: (Response) => function FoldedResponse(props) {
            const [open, setOpen] = React.useState(false);
            const { code, response } = props;
            if (code.startsWith("2")) return React.createElement(Response, props);
            const button = React.createElement(
                "button",
                { type: "button", "aria-expanded": open, onClick: () => setOpen(!open) },
                React.createElement("span", null, code),
                short(response.get("description", "")),
            );
            const line = React.createElement("tr", { className: "folded" }, React.createElement("td", { colSpan: 3 }, button));
            return React.createElement(React.Fragment, null, line, open && React.createElement(Response, props));
        },
    },
});

// What goes into the header after a login: its token, wherever a dialect has it, behind the word that a dialect may want.
function carried(answer) {
    const [token] = answer.match(/eyJ[\w-]*\.[\w-]*\.[\w-]*/);
    const { "x-esquema": scheme } = ui.specSelectors.specJson().getIn(["components", "securitySchemes", "token"]).toJS();
    return scheme ? `${scheme} ${token}` : token;
}

const ui = SwaggerUIBundle({
    dom_id: "#api",
    url: at("openapi.json"),
    // The badge would ask an outside host.
    validatorUrl: null,
    tryItOutEnabled: true,
    displayRequestDuration: true,
    deepLinking: true,
    defaultModelsExpandDepth: 0,
    plugins: [Folded],
    responseInterceptor: (response) => {
        if (response.ok && response.url === at("openapi.json")) response.text = shown(response.text);
        if (response.ok && response.url === at("api/usuario/login")) ui.preauthorizeApiKey("token", carried(response.text));
        return response;
    },
});
