// Changes the status of an atendimento: java -cp gson.jar Client.java PROTOCOLO STATUS [MOTIVO] [COMENTARIO]
// HELPDESK_URL, HELPDESK_LOGIN and HELPDESK_SENHA say where, and as whom. Needs Java 17 or newer and Gson.

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.UUID;
import java.util.stream.StreamSupport;

/** Keeps one token and its connections. Make one, and use it for everything. */
public final class Client {
    private static final int ATTEMPTS = 5;
    private static final Set<Integer> NOT_NOW = Set.of(408, 409, 502, 503, 504);

    private final HttpClient http = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1).connectTimeout(Duration.ofSeconds(5)).build();
    private final String url;
    private final JsonObject credentials = new JsonObject();
    private String token;

    public Client(String url, String login, String senha) {
        this.url = url.replaceAll("/+$", "");
        credentials.addProperty("login", login);
        credentials.addProperty("senha", senha);
    }

    /** An answer that the same request would get again. */
    public static final class Refused extends IOException {
        public Refused(int status, JsonObject problem) {
            super(status + " " + text(problem, "code") + ": " + text(problem, "message"));
        }

        private static String text(JsonObject problem, String member) {
            return problem.has(member) ? problem.get(member).getAsString() : null;
        }
    }

    public List<String> motivos() throws IOException, InterruptedException {
        return list(call(request("/api/motivos")), "motivos").stream().map(JsonElement::getAsString).toList();
    }

    public List<String> transitions(String protocolo) throws IOException, InterruptedException {
        var answer = call(request("/api/atendimentos/" + encoded(protocolo) + "/transicoes"));
        return list(answer, "transicoes").stream().map(JsonElement::getAsJsonObject)
                .map(to -> to.get("para").getAsString() + (to.get("motivoObrigatorio").getAsBoolean() ? " (motivo)" : ""))
                .toList();
    }

    public String status(String protocolo) throws IOException, InterruptedException {
        return call(request("/api/atendimentos/status?protocolo=" + encoded(protocolo))).get("status").getAsString();
    }

    /** Makes the change once, however often it has to be sent under {@code key}. */
    public String change(String protocolo, String status, String motivo, String comentario, boolean visivel, UUID key)
            throws IOException, InterruptedException {
        var body = new JsonObject();
        body.addProperty("protocolo", protocolo);
        body.addProperty("status", status);
        body.addProperty("motivoStatus", motivo);
        if (comentario != null && !comentario.isBlank()) {
            body.addProperty("comentario", comentario);
            body.addProperty("visivelCliente", visivel ? "True" : "False");
        }
        var request = post("/api/atendimentos/status", body).header("Idempotency-Key", key.toString());
        return call(request).get("message").getAsString();
    }

    /** Sends a request with the token. Logs in where there is none, and once more where it is not accepted. */
    private JsonObject call(HttpRequest.Builder request) throws IOException, InterruptedException {
        if (token == null) logIn();
        var response = send(authorized(request));
        if (response.statusCode() == 401) {
            logIn();
            response = send(authorized(request));
        }
        return accepted(response);
    }

    private void logIn() throws IOException, InterruptedException {
        token = accepted(send(post("/api/usuario/login", credentials).build())).get("accessToken").getAsString();
    }

    private HttpRequest authorized(HttpRequest.Builder request) {
        return request.setHeader("Authorization", "Bearer " + token).build();
    }

    /** Sends a request, again where there is no answer or the server says "not now". */
    private HttpResponse<String> send(HttpRequest request) throws IOException, InterruptedException {
        for (int attempt = 1; ; attempt++) {
            double pause = Math.pow(2, attempt - 2);
            try {
                var response = http.send(request, BodyHandlers.ofString());
                if (!NOT_NOW.contains(response.statusCode()) || attempt == ATTEMPTS) return response;
                var after = response.headers().firstValue("Retry-After").filter(value -> value.matches("\\d{1,9}"));
                pause = Math.max(pause, after.map(Integer::parseInt).orElse(0));
            } catch (IOException broken) {
                if (attempt == ATTEMPTS) throw broken;
            }
            Thread.sleep((long) (pause * 1000 * (1 + Math.random() / 5)));
        }
    }

    private HttpRequest.Builder request(String path) {
        return HttpRequest.newBuilder(URI.create(url + path))
                .timeout(Duration.ofSeconds(35)) // the server gives up after 30
                .header("Accept", "application/problem+json");
    }

    private HttpRequest.Builder post(String path, JsonObject body) {
        return request(path).header("Content-Type", "application/json").POST(BodyPublishers.ofString(body.toString()));
    }

    private static JsonObject accepted(HttpResponse<String> response) throws Refused {
        var status = response.statusCode();
        try {
            var answer = JsonParser.parseString(response.body()).getAsJsonObject();
            if (status == 200) return answer;
            throw new Refused(status, answer);
        } catch (JsonParseException | IllegalStateException notTheServers) { // but a proxy's
            throw new Refused(status, new JsonObject());
        }
    }

    private static List<JsonElement> list(JsonObject answer, String member) {
        return StreamSupport.stream(answer.getAsJsonArray(member).spliterator(), false).toList();
    }

    private static String encoded(String text) {
        return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    }

    public static void main(String[] args) throws InterruptedException {
        if (args.length < 2) {
            System.err.println("usage: Client PROTOCOLO STATUS [MOTIVO] [COMENTARIO]");
            System.exit(2);
        }
        if (String.join("", args).contains("\uFFFD")) {
            System.err.println("not done: an argument was damaged; set a UTF-8 locale, such as LC_ALL=C.UTF-8");
            System.exit(2);
        }
        String motivo = args.length > 2 ? args[2] : null, comentario = args.length > 3 ? args[3] : null;
        var set = System.getenv();
        var client = new Client(set.get("HELPDESK_URL"), set.get("HELPDESK_LOGIN"), set.get("HELPDESK_SENHA"));
        try {
            System.out.println("motivos: " + String.join(", ", client.motivos()));
            System.out.println("transitions: " + String.join(", ", client.transitions(args[0])));
            System.out.println(client.change(args[0], args[1], motivo, comentario, false, UUID.randomUUID()));
            System.out.println("status: " + client.status(args[0]));
        } catch (IOException error) {
            System.err.println("not done: " + (error.getMessage() == null ? error : error.getMessage()));
            System.exit(1);
        }
    }
}
