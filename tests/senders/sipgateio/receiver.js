// Receives sipgate's webhooks with sipgate's own package and prints each event as a line of JSON.
//
//   node receiver.js PORT ADDRESS
//
// ADDRESS is where sipgate would send the events of a call that follow; the replies order them there.

const { createWebhookModule } = require("sipgateio");

const [port, serverAddress] = process.argv.slice(2);
const print = (event) => console.log(JSON.stringify(event));

createWebhookModule()
  // only sipgate itself can sign for its public key
  .createServer({ port, serverAddress, skipSignatureVerification: true })
  .then((server) => {
    server.onNewCall(print);
    server.onAnswer(print);
    server.onHangUp(print);
  });
