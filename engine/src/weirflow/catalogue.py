"""Every code that weirflow's diagnostics carry. A code never changes its meaning.

1xx reading, 2xx keys and values, 3xx graph, 4xx columns and types, 5xx plugins, 6xx runs, 7xx store,
8xx export and import, 9xx our own mistakes.
"""

from __future__ import annotations

TITLES: dict[str, str] = {
    "WF101": "the file cannot be read",
    "WF102": "the text is not valid YAML or JSON",
    "WF103": "a key stands twice in one mapping",
    "WF104": "a YAML tag, or an anchor used too often",
    "WF105": "the file is not a weirflow flow",
    "WF106": "the flow format's version is not supported",
    "WF107": "a git revision cannot be read",
    "WF201": "an unknown key",
    "WF202": "a required key is missing",
    "WF203": "an unknown parameter of an operator",
    "WF204": "a required parameter is missing",
    "WF205": "a value is not what the parameter takes",
    "WF206": "an interpolation names something undefined",
    "WF207": "an interpolation is not well formed",
    "WF208": "a run sets a parameter that the flow does not declare",
    "WF209": "--set or --source names what is not there",
    "WF210": "a selection matches no node",
    "WF301": "two nodes have one id",
    "WF302": "an input names a node that is not there",
    "WF303": "nodes feed one another in a circle",
    "WF304": "a node has no port of that name",
    "WF305": "an edge joins ports of different types",
    "WF306": "an input is not connected",
    "WF307": "more inputs than the node takes",
    "WF308": "a subflow cannot be included",
    "WF309": "a test needs a source that it neither mocks nor declares",
    "WF310": "a test names a node, a table or a parameter that is not there",
    "WF311": "a sink would write over what another node reads or writes",
    "WF401": "a column is not there",
    "WF402": "a column is of another type than the node takes",
    "WF403": "a node makes a column that is there already",
    "WF501": "no installed plugin has the operator",
    "WF502": "the operator has no such version",
    "WF503": "a plugin could not be loaded",
    "WF504": "an optional dependency is not installed",
    "WF505": "two plugins bring the same operator or port type",
    "WF506": "an operator or a parameter goes in a later version",
    "WF601": "a node failed",
    "WF602": "a source is not there",
    "WF603": "a source cannot be read as what it is said to be",
    "WF604": "the engine ran out of memory or was killed",
    "WF605": "the disk is full",
    "WF606": "more bad items than allowed",
    "WF607": "the flow brings code, which needs --allow-code",
    "WF608": "custom code raised an error",
    "WF609": "custom code left no frame",
    "WF610": "a category was not seen when the node was fitted",
    "WF611": "a source changed between plan and run",
    "WF612": "--frozen refuses to fit",
    "WF613": "a value cannot be cast",
    "WF614": "nothing to fit from",
    "WF615": "a test's expectation is not met",
    "WF616": "a fault in a node's code",
    "WF617": "an operator of another program has no equal here",
    "WF618": "a sink has left something out",
    "WF701": "another run holds the lock",
    "WF702": "the trained parameters cannot be read",
    "WF703": "the store was written by a newer version",
    "WF704": "what a run keeps cannot be written",
    "WF801": "a node cannot be exported",
    "WF802": "the destination exists",
    "WF803": "the destination cannot be written",
    "WF900": "a bug in weirflow",
}

EXPLANATIONS: dict[str, str] = {
    "WF101": """
        The file is not there, is a folder, may not be read, or is not UTF-8 text. For instance
        `weirflow check chrun.flow` where the file is `churn.flow`. Correct the name, or save the file as UTF-8.""",
    "WF102": """
        A flow is YAML, or JSON where it begins with `{`, and the text stops making sense at the place shown.
        Often the cause is a tab, a line that is not aligned with its neighbours, or text that holds ': ' and has
        no quotes: write `title: "age: in years"`. Only the first such error can be shown.""",
    "WF103": """
        One mapping has the same key twice, such as two lines `columns:` under one `parameters:`, so that one
        value would silently win. Both lines are named. Remove one, or join the two values.""",
    "WF104": """
        YAML tags (`!name`) are refused, since they would let a file ask for more than data. Aliases (`*name`) are
        allowed, but may repeat no more than 10,000 values in one file. Put text that begins with `!` in
        quotes; write what repeats as a subflow.""",
    "WF105": """
        The file is something else than a weirflow flow: it is empty, or XML, or belongs to other software whose
        files are called `.flow` too. A flow begins with `flow: 1` and has a list of `nodes`. A flow of SageMaker
        Data Wrangler is read directly when the plugin family that imports it is installed.""",
    "WF106": """
        The key `flow` at the top names the version of the file format, and this weirflow does not read the one
        named. Write `flow: 1`. A higher number means that the file was written for a newer weirflow: install it.""",
    "WF107": """
        `weirflow diff FLOW --git REF` reads the flow as of a revision with the git executable, and there is no git, the
        flow lies in no repository, or the repository has no such revision. Correct the name (`git log` lists them), or
        save the older flow as a file and compare two files.""",
    "WF201": """
        A flow, a node or a parameter's declaration has a key that means nothing there, most often a slip such as
        `parametres:` for `parameters:`. The nearest known key is suggested. Correct it, or remove it.""",
    "WF202": """
        A key that has to be there is not. A flow needs `flow` and `nodes`, and each node needs an `operator`,
        as in `operator: read.csv`. Add it at the place shown.""",
    "WF203": """
        The operator has no parameter of that name: `colums: [city]` for `columns: [city]`, say. The nearest name
        is suggested. `weirflow nodes show OPERATOR` lists what the operator takes.""",
    "WF204": """
        A parameter without a default was given no value. Give a node's parameter under `parameters:`. Give one
        of the flow's own with `-p name=value`, or write a `default:` for it.""",
    "WF205": """
        A value is of the wrong kind or outside what is allowed: text where a number is taken, a list where one
        name is, `yes` where `true` is meant. The message says what was expected. Words such as `yes`, `no` and
        `on` are text in a flow, as in YAML 1.2.""",
    "WF206": """
        An interpolation names a parameter that the flow does not declare, an environment variable that is not
        set, or a secret that is not there: `${dta}` for `${data}`. Declare or set it, or give an environment
        variable a default: `${env:REGION:-eu}`. For the characters `${` themselves write `$${`.""",
    "WF207": """
        The characters `${` begin an interpolation, and what follows is none: it is not closed, is empty, or has
        another one inside. Write `${name}`, `${env:NAME}`, `${env:NAME:-default}` or `${secret:NAME}`. For the
        characters `${` themselves write `$${`.""",
    "WF208": """
        A run, or a flow that includes this one, gives a value for a parameter that the flow does not declare: `-p
        dta=x.csv` where the flow has `data`. Correct the name, or declare it under the flow's `parameters:`.""",
    "WF209": """
        `--set node.parameter=value` replaces a parameter of one node, and that node or parameter is not there. In
        `--set encode.columns=[city]` the node is `encode`. `weirflow graph` shows the nodes; one inside a subflow
        is `outer/inner`. `--source name=location` names a source by its node or by the file that the flow says.""",
    "WF210": """
        A selection, as in `--select`, names nodes by id (`encode`), pattern (`encode*`), tag (`tag:slow`) or
        operator (`operator:encode.*`), with `+` before for ancestors and after for descendants. One of its terms
        matches nothing. The nearest name is suggested. `weirflow test` says so where no flow has a test, or no case
        has the word after `-k` in its name.""",
    "WF301": """
        Two nodes of one flow have the same id, so an input could mean either. Both places are named. Rename one,
        and the inputs that mean it.""",
    "WF302": """
        An input names a node that is not in the flow: `inputs: aplicants` for `inputs: applicants`. Nodes of a
        subflow are seen inside it only; from outside use the subflow's outputs. Correct the name.""",
    "WF303": """
        Following inputs from a node leads back to it: a takes from b, and b from a. The circle is printed in
        order. Remove one of its edges.""",
    "WF304": """
        The node has no input or output of that name, as in `inputs: split.trian` for `split.train`. The nearest
        port is suggested. `weirflow nodes show OPERATOR` lists the ports.""",
    "WF305": """
        An edge joins an output of one type to an input of another, such as a report to a table. Take the input
        from a node, or from a port (`node.port`), of the type that is wanted.""",
    "WF306": """
        A node takes an input that nothing feeds: it is the first of the flow, or no node above has an output of
        the wanted type, or it has several inputs and only some are named. Name them all, as in
        `inputs: {left: orders, right: customers}`.""",
    "WF307": """
        More inputs are given than the node takes, as in `inputs: [a, b]` for a node with one input. Remove some,
        or join the tables first.""",
    "WF308": """
        The flow that a node `operator: flow` includes is not there, or includes itself by some way round. Paths
        are relative to the including file: `parameters: {path: steps/clean.flow}`. Correct the path, or break the
        circle that is printed.""",
    "WF309": """
        A case of `weirflow test` expects something of a node that a source feeds, and says nothing of that source: a
        test does not read real data unawares. Write rows for it, or for a node between, under the case's `mock:`; or
        list it under `sources:`, and its data is read.""",
    "WF310": """
        A case of `weirflow test` names, under `mock`, `expect`, `sources` or `trained_parameters`, a node or port
        that the flow does not have, or one that does not go there: only tables can be mocked, only estimators have
        learned something. Or it names, under `parameters`, one that the flow does not declare. The nearest name is
        suggested. Write `node`, `node.port`, or `outer/inner`.""",
    "WF311": """
        A sink's destination is a file that another node of the flow reads, or that another sink writes too, so
        that one of the two would be lost. Links count as what they point at. With `-o DIR` relative
        destinations keep their names alone, so that `a/out.csv` and `b/out.csv` meet. Give each a name of its own. A
        folder that a sink fills is replaced whole: nothing else may lie in it, nor it in a folder that is read.""",
    "WF401": """
        A parameter names a column that the node's input certainly does not have. A column may have been renamed
        or dropped above, or the delimiter of the file may be wrong. The nearest column is suggested;
        `weirflow plan FLOW` shows the columns at each node.""",
    "WF402": """
        A column is of a type that the node does not work on, such as text for a scaler. Cast it in a node before,
        or choose columns by type: `columns: {type: numeric}`.""",
    "WF403": """
        The node would make a column whose name is taken already, and one of the two would be lost. Give another
        name for the output, or drop or rename the old column first.""",
    "WF501": """
        No plugin that is installed has an operator of that name. It may be a slip (`encode.onehot` for
        `encode.one_hot`) or a plugin may be missing. `weirflow nodes list` shows all operators,
        `weirflow plugins` all plugins.""",
    "WF502": """
        The operator is known, and the version written after `@` is not: `encode.one_hot@9`. Write one of the
        versions listed, or install the plugin's release that has it. The exit code is that of an invalid flow,
        since what is installed has the operator.""",
    "WF503": """
        A plugin raised an error while it was loaded, or was built for another version of weirflow.api, so its
        operators are missing; everything else works. The plugin is named with its version. Update or remove it,
        and see `weirflow plugins`.""",
    "WF504": """
        The operator needs libraries that are not installed. They belong to an optional part of weirflow or of a
        plugin, and the message has the command that installs them. `check`, `plan` and `graph` do without and warn.""",
    "WF505": """
        Two plugins bring the same operator in the same version, or the same type of port, and which one is meant
        would be chance. Remove one of the two plugins that are named. `weirflow new` refuses a name that an
        installed plugin has: choose another.""",
    "WF506": """
        A flow uses an operator or a parameter that is deprecated: it works as before, and goes in the version that
        is named. The message says what to use instead.""",
    "WF601": """
        A node stopped with an error while the flow ran. The message has its reason, and the run ends with the
        command that resumes it: what was finished is kept. With `-v` the full trace is shown.""",
    "WF602": """
        A file or address that the flow reads is not there. Paths are relative to the flow's folder, not to where
        the command is typed. Correct the path, or set it with `-p` if it is a parameter.""",
    "WF603": """
        A source is there, and is not what its operator reads: a CSV with rows of uneven length, a Parquet file
        cut short. The file and, where it is known, the line are named. Check the delimiter, the encoding and the
        operator.""",
    "WF604": """
        The process that did the work died: most often because memory ran out, else because a library crashed or
        code of a node ended it, which the message tells apart. The nodes at work are named, those
        that hold a whole table first. Use fewer columns or rows (`--limit`), fewer workers (`-j 1`), or another
        table engine.""",
    "WF605": """
        The disk was full while something was written, or a file grew past a limit (`ulimit -f`). Nothing
        half-written is left behind. Make room or raise the limit, or write elsewhere (`-o` for what the flow
        writes, `--store` for the store), and run again: what was finished is kept.""",
    "WF606": """
        Some items (files, slides) could not be processed, and they are more than the node's `max_bad_items`
        allows. Each is set aside with its reason. Mend or remove them, or allow more.""",
    "WF607": """
        The flow holds Python code, or names a file of it, and code from a flow is run only when that is asked
        for. Read the nodes that are listed. If you trust them, add `--allow-code`.""",
    "WF608": """
        A snippet of code in the flow raised an error while it ran. Its own line is named. Correct the code; the
        frame it works on is called `df`.""",
    "WF609": """
        A snippet of code has to leave a data frame in `df`, and left something else. End it with an assignment
        such as `df = df.dropna()`; methods with `inplace=True` return nothing.""",
    "WF610": """
        The data holds a category that was not there when the node was fitted, and the node's policy is to stop.
        Choose another policy (`weirflow nodes show OPERATOR` lists them), or fit anew with `--refit`.""",
    "WF611": """
        A source is not what it was when the run was planned: its size, its time or its columns differ. Something
        writes to it while the flow runs. Run again once it is quiet.""",
    "WF612": """
        With `--frozen` nothing is learned, and a node has no trained parameters that fit it: it was never fitted,
        or something above it changed, or a node above it has learned something else since. Run once without
        `--frozen`, or restore the trained parameters beside the flow.""",
    "WF613": """
        A value cannot be turned into the wanted type, such as text without digits into a number. Choose what
        becomes of such values in the node's parameters, or clean them in a node before.""",
    "WF614": """
        A node was to learn from a table without rows, or from a column without values, and there is nothing to
        learn from. Look at the nodes above that filter rows, and at the source.""",
    "WF615": """
        A case of `weirflow test` was carried out, and a table is not what the case expects of it. The place of the
        expectation is shown, and each row and column that differs. Mend the flow; or, if what it gives now is right,
        the expectation: `weirflow test FLOW --update` rewrites it.""",
    "WF616": """
        The code of a node raised an error that it does not explain: a mistake in the plugin, not in the flow or its
        data. The message names the kind of error and the line of code. Tell the plugin's authors; if they are you,
        raise NodeError for what a user can mend.""",
    "WF617": """
        The flow was made by another program, and one of its operators has no equal in weirflow yet, or has it for other
        options. The node stands for it, so that the rest of the flow can be looked at and run. Put nodes of weirflow's
        in its place: `weirflow import` writes the flow as a file that can be edited.""",
    "WF618": """
        A sink did its work, and could not use all that it reads: a line that is cut short, a file of another kind. The
        place and the reason are named, and everything else was written. Mend what is named and run again, or leave
        it.""",
    "WF701": """
        Another run of the same flow is under way and holds the store; its process is named. Wait for it, or give
        this run a store of its own with `--store DIR`.""",
    "WF702": """
        The file of trained parameters beside the flow cannot be read, or does not fit the operator: it was edited
        or cut short. Restore it, or learn anew with `--refit`.""",
    "WF703": """
        The store was written by a newer weirflow, and an older one would misread it. Install the newer one, or
        use another store with `--store DIR`.""",
    "WF704": """
        The store, or the file of trained parameters beside the flow, cannot be written: its folder is read-only,
        or belongs to another user. `--store DIR` keeps the store elsewhere. Trained parameters always lie beside
        the flow: where they cannot, copy the flow to a folder of your own, or fit where the flow may be written and
        use `--frozen` here.""",
    "WF801": """
        A node has no form in what is exported to, such as custom code without a pandas form. The node and the
        reason are given. Replace it, or export the part above it with `--select`.""",
    "WF802": """
        What an export or `weirflow new` would write is there already, and is not written over. Give another name
        (`-o` for exports), or remove it first.""",
    "WF803": """
        A file, such as an export or a drawing, cannot be written where it was to go: the folder is not there, or
        may not be written to. Make the folder or change its permissions, or name another place with `-o`.""",
    "WF900": """
        Something went wrong that should not, whatever the flow says: the mistake is weirflow's. Please report it
        with the trace that `-v` shows; take private names out first. Nothing half-written is left behind.""",
}
"""What happened, an example, and how to mend it, in plain sentences: the text of `weirflow explain`."""

EXPLANATIONS = {code: " ".join(text.split()) for code, text in EXPLANATIONS.items()}
