// Sends each request of shapes.json by java.net.http, and prints its status code and answer.

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.PrintStream;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;

public final class Send {
    public static void main(String[] args) throws Exception {
        var http = HttpClient.newHttpClient();
        var out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        for (JsonElement element : JsonParser.parseString(Files.readString(Path.of(args[0]))).getAsJsonArray()) {
            var shape = element.getAsJsonObject();
            var charset = Charset.forName(shape.get("charset").getAsString());
            var request = HttpRequest.newBuilder(URI.create(System.getenv("BASE_URL") + shape.get("path").getAsString()))
                    .header("Authorization", "Bearer " + System.getenv("TOKEN"))
                    .header("Content-Type", shape.get("contentType").getAsString())
                    .POST(BodyPublishers.ofString(shape.get("body").getAsString(), charset));
            var answer = http.send(request.build(), BodyHandlers.ofString());
            out.println(answer.statusCode() + " " + answer.body());
        }
    }
}
